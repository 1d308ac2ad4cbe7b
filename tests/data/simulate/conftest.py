"""Whole simulated cells under a microscope, stained without clusters and without anything unspecific."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import pytest
from scipy import ndimage

from data.labels.label_file import NEGATIVE
from data.simulate.field import FieldSettings, simulate_set_field
from data.simulate.geometry.cell_lines import CELL_LINES
from data.simulate.imaging.optics import Exposure, render_image
from data.simulate.patterns.cell import Cell
from data.simulate.patterns.immunostaining import Staining
from data.simulate.patterns.protein import paint_protein
from data.simulate.patterns.reticulum import stain_reticulum
from data.simulate.patterns.stains import stain_microtubules, stain_nucleus

LINES = {line.name: line for line in CELL_LINES}
FAST_LINES = ("dense sheet", "small")
SLOW_LINES = ("flat", "round")
"""The largest and the smallest cells."""

ANTIBODIES = 5
MOST_CELLS = 2
GREY = 150.0
"""Grey value of a structure of brightness 1, so that none is saturated."""


@dataclass
class Observed:
    """One whole cell: what its channels show, 1 for a bright structure; lengths in um, areas in um2."""

    cell: Cell
    red: np.ndarray
    green: np.ndarray
    blue: np.ndarray
    yellow: np.ndarray
    fine: dict[str, np.ndarray]
    """Fine structure of the red and the yellow channel, which all antibodies have in common."""

    @cached_property
    def mask(self):
        return self.cell.mask

    @cached_property
    def nucleus(self):
        return self.cell.nucleus

    @cached_property
    def cytoplasm(self):
        return self.mask & ~self.nucleus

    @cached_property
    def nucleoli(self):
        return self.cell.nucleoli > 0.5

    @cached_property
    def nucleoplasm(self):
        """The nucleus away from its rim and its nucleoli."""
        return (self.cell.nucleus_distance < -0.8) & ~ndimage.binary_dilation(self.nucleoli, iterations=4)

    @property
    def from_nucleus(self):
        """Distance to the nucleus, negative in it."""
        return self.cell.nucleus_distance

    @property
    def from_edge(self):
        return self.cell.edge_distance

    def around_nucleus(self, first, last):
        """The cell from ``first`` to ``last`` um from the nucleus; negative is in it."""
        return self.mask & (self.from_nucleus > first) & (self.from_nucleus < last)

    @cached_property
    def inner_cytoplasm(self):
        """The cytoplasm but for its borders."""
        return self.around_nucleus(0.8, np.inf) & (self.from_edge > 0.8)

    def mean(self, where):
        return float(self.green[where].mean()) if where.any() else np.nan

    def contrast(self, inside, outside):
        return self.mean(inside) / (self.mean(outside) + 0.005)

    def variation(self, where):
        return float(self.green[where].std()) / (self.mean(where) + 0.005)

    @cached_property
    def bright(self):
        """What is at least half as bright as the brightest."""
        return self.mask & (self.green > 0.5 * np.percentile(self.green[self.mask], 99.95))

    def bright_part(self, where):
        """The part of what is bright that lies ``where``."""
        return np.count_nonzero(self.bright & where) / np.count_nonzero(self.bright)

    @cached_property
    def spots(self):
        """Areas of the separate bright pieces, without specks of one pixel or two."""
        labels, count = ndimage.label(self.bright)
        areas = np.bincount(labels.ravel(), minlength=count + 1)[1:]
        return areas[areas > 2] / self.cell.px_per_um**2

    @property
    def dots_in_nucleus(self):
        """Number of pieces of the nucleus brighter than halfway from its median to its brightest."""
        halfway = 0.5 * (np.median(self.green[self.nucleus]) + np.percentile(self.green[self.nucleus], 99.95))
        labels, count = ndimage.label(self.nucleus & (self.green > halfway))
        return int(np.count_nonzero(np.bincount(labels.ravel(), minlength=count + 1)[1:] > 2))

    @cached_property
    def heaped(self):
        """Contrast of the third of the cytoplasm that is nearest to the nucleus with the farthest third."""
        first, second = np.quantile(self.from_nucleus[self.inner_cytoplasm], (1 / 3, 2 / 3))
        near, far = self.from_nucleus < first, self.from_nucleus > second
        return self.contrast(self.inner_cytoplasm & near, self.inner_cytoplasm & far)

    @cached_property
    def compact(self):
        """The part that is bright of the disc around all that is."""
        places = np.argwhere(self.bright)
        radius = np.hypot(*(places - places.mean(axis=0)).T).max() + 0.5
        return len(places) / (np.pi * radius**2)

    @cached_property
    def _fine(self):
        return self.fine | {"green": finer_than_half_um(self.green)}

    @property
    def grain(self):
        """Spread of the cytoplasm's fine structure, as a part of its brightness."""
        return float(self._fine["green"][self.inner_cytoplasm].std()) / (
            self.mean(self.inner_cytoplasm) + 0.005
        )

    def follows(self, stain):
        """Correlation of the cytoplasm's fine structure with that of another stain."""
        first, second = (self._fine[name][self.inner_cytoplasm] for name in ("green", stain))
        return float(np.corrcoef(first, second)[0, 1])

    @cached_property
    def one_sided(self):
        """Length of the bright pixels' mean direction from the nucleus: 0 all around, 1 one way."""
        directions = np.argwhere(self.bright) - np.array(ndimage.center_of_mass(self.nucleus))
        directions /= np.linalg.norm(directions, axis=1, keepdims=True) + 1e-9
        return float(np.linalg.norm(directions.mean(axis=0)))

    @cached_property
    def _gradients(self):
        dy, dx = np.gradient(ndimage.gaussian_filter(self.green, 0.7))
        return dy**2, dx**2, dy * dx

    @cached_property
    def one_direction(self):
        """Coherence of the structure tensor of the cell's inside: 1 where all its edges run one way."""
        yy, xx, xy = (product[self.from_edge > 1.0].mean() for product in self._gradients)
        return float(np.hypot(xx - yy, 2 * xy) / (xx + yy))

    @cached_property
    def fibrous(self):
        """Coherence of the structure tensor over a micrometre, mean of the cytoplasm: high along threads."""
        yy, xx, xy = (ndimage.gaussian_filter(product, 5.0) for product in self._gradients)
        where = self.inner_cytoplasm
        return float(np.hypot(xx - yy, 2 * xy)[where].sum() / (xx + yy)[where].sum())


class Sample(list):
    """Cells of several antibodies."""

    def __repr__(self):
        # Pytest shows what an assertion that fails was about, and a hundred pictures would take it long.
        return f"<{len(self)} cells>"

    def median(self, measure):
        return float(np.median([measure(cell) for cell in self]))


def finer_than_half_um(image):
    return image - ndimage.gaussian_filter(image, 4.0)


@lru_cache(maxsize=4)
def whole_cells(line: str, *, divide: bool = False) -> list[Cell]:
    """Return cells of a field that its border does not cut: dividing ones, or such as do not divide."""
    shape = LINES[line].radius[1], LINES[line].elongation[1]
    side = round((4 * shape[0] * shape[1] ** 0.5 + 10) / 0.08)
    kept: list[Cell] = []

    def keep(cells, *_):
        kept.extend(cells)
        return np.zeros((4, side, side), np.uint8)

    settings = FieldSettings(shape=(side, side), seed=17, mitotic_fraction=0.9)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("data.simulate.field.form_image", keep)
        simulate_set_field(3, settings, classes=(11,) if divide else (16,), cell_line=LINES[line])
    return [cell for cell in kept if cell.mitotic == divide and is_whole(cell, side)][:MOST_CELLS]


def is_whole(cell, side):
    """Whether no border cuts the cell: its window ends at the field's border or beyond the cell."""
    field = np.zeros((side, side), bool)
    field[cell.window] = cell.mask
    return cell.nucleus.any() and not (
        field[0].any() or field[-1].any() or field[:, 0].any() or field[:, -1].any()
    )


def render(light, cell, seed):
    exposure = Exposure(
        blur_um=0.11, glow=0.0, haze=0.0, peak=GREY, full=1.0, photons=2000.0, read_noise=0.5, black=0.0
    )
    picture = render_image(light.astype(np.float32), cell.px_per_um, exposure, np.random.default_rng(seed))
    return ndimage.gaussian_filter(picture.astype(np.float32), 0.8) / np.float32(GREY)


@lru_cache(maxsize=4)
def other_stains(line, divide):
    shown = []
    for cell in whole_cells(line, divide=divide):
        stains = stain_microtubules, stain_nucleus, stain_reticulum
        red, blue, yellow = (render(stain(cell), cell, 1) for stain in stains)
        fine = {"red": finer_than_half_um(red), "yellow": finer_than_half_um(yellow)}
        shown.append((red, blue, yellow, fine))
    return shown


def stained_with(cell, antibody):
    """Return the cell under another antibody, with all that is already known of its structures."""
    other = copy.copy(cell)
    object.__setattr__(other, "antibody", (17, antibody))
    return other


# More would fill gigabytes with what the cells remember of their structures.
@lru_cache(maxsize=20)
def observe_cells(classes: tuple[int, ...], line: str = "dense sheet") -> Sample:
    """Show cells of a line with ``classes``, each stained by several antibodies."""
    divide = 11 in classes
    clean = Staining(1e4, 0.0, 1.0, 1e4, 0.0)
    sample = Sample()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("data.simulate.patterns.protein.draw_staining", lambda _: clean)
        patch.setattr("data.simulate.patterns.protein.scatter_clusters", lambda *_: np.float32(1.0))
        patch.setattr("data.simulate.patterns.immunostaining.scatter_clusters", lambda *_: np.float32(1.0))
        for cell, (red, blue, yellow, fine) in zip(
            whole_cells(line, divide=divide), other_stains(line, divide), strict=True
        ):
            for antibody in range(ANTIBODIES):
                shown = stained_with(cell, antibody)
                green = render(paint_protein(shown, classes), cell, 2)
                sample.append(Observed(shown, red, green, blue, yellow, fine))
    assert sample
    return sample


@pytest.fixture
def observe() -> Callable[..., Sample]:
    """Return cells that show some classes: ``observe(classes, line)``."""
    return observe_cells


@pytest.fixture
def reject_other_classes() -> Callable[[Callable[[Sample], None], int], None]:
    """Check that what describes a class describes no other: ``reject_other_classes(look, label)``."""

    def reject(look, label):
        for other in set(range(NEGATIVE)) - {label}:
            with pytest.raises(AssertionError):
                look(observe_cells((other,)))

    return reject


@pytest.fixture
def cells_of_line() -> Callable[..., list[Cell]]:
    """Return whole cells of a line: ``cells_of_line(line, divide=False)``."""
    return whole_cells


@pytest.fixture(params=[*FAST_LINES, *(pytest.param(name, marks=pytest.mark.slow) for name in SLOW_LINES)])
def line(request) -> str:
    """Four cell lines, two of them in the slow tests."""
    return request.param
