"""What each class must look like, measured in the picture against the structures of the truth."""

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import pytest
from scipy import ndimage

from data.labels import NUM_CLASSES
from data.simulate.cell_lines import CELL_LINES
from data.simulate.field import FieldSettings, simulate_field
from data.simulate.protein import PAINTERS

LINES = {line.name: line for line in CELL_LINES}
SIZES = {"dense sheet": 900, "small": 800, "sparse": 1200, "spindly": 1500}
"""Fields large enough to hold cells that the border does not cut."""


@dataclass
class Observed:
    """One whole cell: channels, smoothed to see past the noise, masks and distances (px) in its box."""

    red: np.ndarray
    green: np.ndarray
    blue: np.ndarray
    yellow: np.ndarray
    cell: np.ndarray
    nucleus: np.ndarray

    @cached_property
    def cytoplasm(self):
        return self.cell & ~self.nucleus

    @cached_property
    def from_edge(self):
        return ndimage.distance_transform_edt(self.cell)

    @cached_property
    def from_nucleus(self):
        return ndimage.distance_transform_edt(~self.nucleus)

    @cached_property
    def in_nucleus(self):
        return ndimage.distance_transform_edt(self.nucleus)

    def spots(self, share=0.5):
        """Number of separate bright spots, their mask's labels, and their areas."""
        labels, count = ndimage.label(self.green * self.cell > share * self.green[self.cell].max())
        return count, labels, ndimage.sum_labels(np.ones_like(labels), labels, range(1, count + 1))


@cache
def observe(label, line):
    """Give the cells of a field of class ``label`` that the border does not cut."""
    size = SIZES[line]
    common = FieldSettings(shape=(size, size), seed=17, negative_cells=0.0, mitotic_fraction=0.9)
    field = simulate_field(40 + label, common, classes=(label,), cell_line=LINES[line])
    observed = []
    for number, box in enumerate(ndimage.find_objects(field.cells), start=1):
        cut = box[0].start == 0 or box[1].start == 0 or box[0].stop == size or box[1].stop == size
        if not cut and field.cell_labels[number - 1] == (label,):
            channels = [ndimage.gaussian_filter(c[box].astype(float), 1.0) for c in field.image]
            observed.append(Observed(*channels, field.cells[box] == number, field.nuclei[box] == number))
    assert observed
    return observed


def median(measure, cells):
    return np.median([measure(cell) for cell in cells])


def contrast(cell, inside, outside):
    return cell.green[inside].mean() / (cell.green[outside].mean() + 1.0)


def correlation(first, second, where):
    return np.corrcoef(first[where], second[where])[0, 1]


@pytest.fixture(
    params=[
        "dense sheet",
        "small",
        pytest.param("sparse", marks=pytest.mark.slow),
        pytest.param("spindly", marks=pytest.mark.slow),
    ]
)
def line(request):
    return request.param


def test_every_class_has_a_pattern():
    assert sorted(PAINTERS) == list(range(NUM_CLASSES))


def test_nucleoplasm_fills_the_nucleus_but_not_its_nucleoli(line):
    cells = observe(0, line)
    assert median(lambda c: contrast(c, c.nucleus, c.cytoplasm), cells) > 4
    assert median(lambda c: correlation(c.green, c.blue, c.in_nucleus > 6), cells) > 0.3


def test_nuclear_membrane_is_a_rim(line):
    cells = observe(1, line)
    rims = [(c.in_nucleus > 0) & (c.in_nucleus < 5) for c in cells]
    for outside in (lambda c: c.in_nucleus > 15, lambda c: c.from_nucleus > 15):
        assert np.median([contrast(c, rim, outside(c)) for c, rim in zip(cells, rims, strict=True)]) > 2.5


def test_nucleoli_are_few_large_blobs_where_blue_is_dark(line):
    cells = observe(2, line)
    assert 1 <= median(lambda c: c.spots()[0], cells) <= 5
    assert median(lambda c: c.spots()[2].max(), cells) > 100
    assert median(lambda c: correlation(c.green, c.blue, c.in_nucleus > 6), cells) < -0.2


def test_fibrillar_centers_are_small_dots_in_the_nucleoli(line):
    cells = observe(3, line)
    nucleoli = observe(2, line)
    assert median(lambda c: c.spots(0.3)[2].mean(), cells) < 0.6 * median(
        lambda c: c.spots(0.3)[2].mean(), nucleoli
    )
    bright = [(c.green * c.cell > 0.5 * c.green[c.cell].max()) for c in cells]
    assert all(np.all(c.nucleus[b]) for c, b in zip(cells, bright, strict=True))
    assert (
        median(
            lambda c: c.blue[c.green > 0.5 * c.green[c.cell].max()].mean() / c.blue[c.nucleus].mean(), cells
        )
        < 0.9
    )


def test_speckles_are_many_spots_in_the_nucleus_outside_the_nucleoli(line):
    cells = observe(4, line)
    assert median(lambda c: c.spots(0.45)[0], cells) >= 8
    assert median(lambda c: contrast(c, c.nucleus, c.cytoplasm), cells) > 3
    assert median(lambda c: np.percentile(c.green[c.nucleus], 97) / c.green[c.nucleus].mean(), cells) > 2


def test_nuclear_bodies_are_two_to_ten_round_dots(line):
    cells = observe(5, line)
    assert 2 <= median(lambda c: c.spots(0.4)[0], cells) <= 10
    assert max(c.spots(0.4)[0] for c in cells) <= 10
    assert median(lambda c: c.spots(0.4)[2].max(), cells) < 250


def test_reticulum_follows_the_yellow_stain(line):
    cells = observe(6, line)
    assert median(lambda c: correlation(c.green, c.yellow, c.cell), cells) > 0.8
    assert median(lambda c: contrast(c, c.cytoplasm & (c.from_nucleus < 30), c.nucleus), cells) > 1.5


def test_golgi_lies_on_one_side_of_the_nucleus(line):
    cells = observe(7, line)
    assert median(one_sidedness, cells) > 0.6
    assert median(lambda c: np.median(c.from_nucleus[c.green > 0.5 * c.green[c.cell].max()]), cells) < 45
    assert (
        median(lambda c: np.mean(c.cytoplasm[(c.green > 0.5 * c.green[c.cell].max()) & c.cell]), cells) > 0.85
    )
    # An even pattern around the nucleus must not pass for one-sided.
    assert median(one_sidedness, observe(1, line)) < 0.4


def one_sidedness(cell):
    """Length of the mean direction of the brightest pixels from the nucleus: 0 all around, 1 one way."""
    bright = (cell.green > np.percentile(cell.green[cell.cell], 97)) & cell.cell
    centre = np.array(ndimage.center_of_mass(cell.nucleus))
    directions = np.argwhere(bright) - centre
    directions /= np.linalg.norm(directions, axis=1, keepdims=True) + 1e-9
    return np.linalg.norm(directions.mean(axis=0))


def test_intermediate_filaments_are_densest_at_the_nucleus_and_spare_it(line):
    cells = observe(8, line)
    assert median(lambda c: contrast(c, c.cytoplasm, c.in_nucleus > 8), cells) > 3
    near = median(lambda c: contrast(c, c.cytoplasm & (c.from_nucleus < 40), c.cytoplasm), cells)
    assert near > 1.05
    assert median(lambda c: correlation(c.green, c.red, c.cytoplasm), cells) < 0.6


def test_actin_runs_straight_along_one_direction_also_over_the_nucleus(line):
    cells = observe(9, line)
    assert median(anisotropy, cells) > 0.3
    assert median(lambda c: contrast(c, c.nucleus, c.cytoplasm), cells) > 0.5
    # Filaments that wander have no common direction.
    assert median(anisotropy, observe(8, "dense sheet")) < 0.25


def anisotropy(cell):
    """Coherence of the structure tensor over the cell's inside: 1 where all edges run one way."""
    image = ndimage.gaussian_filter(cell.green, 1.0)
    gy, gx = np.gradient(image)
    inside = cell.from_edge > 12
    yy, xx, xy = (gy**2)[inside].mean(), (gx**2)[inside].mean(), (gx * gy)[inside].mean()
    return np.hypot(xx - yy, 2 * xy) / (xx + yy)


def test_microtubules_follow_the_red_stain(line):
    cells = observe(10, line)
    assert median(lambda c: correlation(c.green, c.red, c.cytoplasm), cells) > 0.8


def test_spindle_spans_the_chromosomes_in_green_and_red(line):
    cells = observe(11, line)
    for cell in cells:
        bright = ndimage.gaussian_filter(cell.green, 6) * cell.cell
        spindle = bright > 0.5 * bright.max()
        centre = np.array(ndimage.center_of_mass(spindle)) - ndimage.center_of_mass(cell.nucleus)
        assert np.hypot(*centre) < 25
        assert spindle.sum() < 0.45 * cell.cell.sum()
    assert median(lambda c: correlation(c.green, c.red, c.cell), cells) > 0.7


def test_centrosome_is_one_dot_or_two_beside_the_nucleus(line):
    cells = observe(12, line)
    for cell in cells:
        count, labels, areas = cell.spots()
        assert 1 <= count <= 2
        assert areas.sum() < 400
        assert np.all(cell.from_nucleus[labels > 0] < 60)
    assert {1, 2} >= {cell.spots()[0] for cell in cells}


def test_plasma_membrane_is_the_edge(line):
    cells = observe(13, line)
    assert median(lambda c: contrast(c, (c.from_edge > 0) & (c.from_edge < 8), c.from_edge > 20), cells) > 2


def test_mitochondria_are_threads_in_the_cytoplasm(line):
    cells = observe(14, line)
    assert median(lambda c: contrast(c, c.cytoplasm, c.in_nucleus > 8), cells) > 3
    assert median(lambda c: c.spots(0.4)[0], cells) >= 8
    assert median(lambda c: abs(correlation(c.green, c.red, c.cytoplasm)), cells) < 0.5


def test_aggresome_is_one_blob_beside_the_nucleus(line):
    cells = observe(15, line)
    assert median(lambda c: c.spots()[0], cells) == 1
    assert median(lambda c: c.spots()[2].max(), cells) > 300
    assert median(lambda c: c.from_nucleus[c.spots()[1] > 0].mean(), cells) < 45


def test_cytosol_fills_the_cytoplasm_evenly(line):
    cells = observe(16, line)
    assert median(lambda c: contrast(c, c.cytoplasm, c.nucleus), cells) > 1.15
    where = [c.cytoplasm & (c.from_edge > 10) & (c.from_nucleus > 5) for c in cells]
    spread = [c.green[w].std() / c.green[w].mean() for c, w in zip(cells, where, strict=True)]
    assert np.median(spread) < 0.35


def test_vesicles_are_many_small_dots_in_the_cytoplasm(line):
    cells = observe(17, line)
    assert median(lambda c: c.spots(0.3)[0], cells) >= 12
    assert median(lambda c: np.median(c.spots(0.3)[2]), cells) < 120
    assert median(lambda c: contrast(c, c.cytoplasm, c.in_nucleus > 8), cells) > 1.3


def test_a_negative_field_is_dim(line):
    for cell in observe(18, line):
        assert cell.green[cell.cell].max() < 60
        assert cell.green[cell.cell].mean() < 30


def test_a_cell_of_two_classes_shows_both():
    common = FieldSettings(shape=(800, 800), seed=3, negative_cells=0.0, missing_patterns=0.0)
    both = simulate_field(1, common, classes=(2, 13), cell_line=LINES["dense sheet"])
    green = ndimage.gaussian_filter(both.image[1].astype(float), 1.0)
    from_edge = ndimage.distance_transform_edt(both.cells > 0)
    inside_cell = (both.cells > 0) & (both.nuclei == 0) & (from_edge > 20)
    edges = (both.cells > 0) & ndimage.morphological_gradient(both.cells, 3).astype(bool)
    assert green[edges].mean() > 1.8 * green[inside_cell].mean()
    assert np.percentile(green[both.nuclei > 0], 99) > 3 * green[inside_cell].mean()


def test_cells_of_one_class_do_not_look_alike_copied():
    cells = observe(14, "dense sheet")
    shares = [np.mean(c.green[c.cytoplasm] > 0.4 * c.green[c.cell].max()) for c in cells]
    assert len({round(share, 4) for share in shares}) == len(cells)
