"""One simulated field: four stained channels, the cells and nuclei in it, and what each cell shows."""

from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.channels import CHANNELS
from data.images.image_file import write_plane
from data.simulate.antibodies import field_classes, label_cells, make_antibody
from data.simulate.drawing.textures import Textures
from data.simulate.field_settings import FieldSettings
from data.simulate.geometry.cell_lines import CELL_LINES, CellLine
from data.simulate.geometry.layout import lay_out_cells
from data.simulate.geometry.tessellation import divide_field
from data.simulate.imaging.image_formation import form_image
from data.simulate.labelling.image_labels import MITOTIC_SPINDLE, image_classes, mistake_labels
from data.simulate.patterns.cell import Cell
from data.simulate.random_streams import Stream, random_stream, shuffled_cycle

LEAST_EXTENT_UM = 10.0
"""Height and width that a field needs so that a nucleus fits in."""

_LEAST_NUCLEUS_UM2 = 5.0
"""A cell of whose nucleus less than this is in the field is painted, but is no cell of the truth: cells are
found by their nuclei."""


@dataclass(frozen=True)
class SimulatedField:
    """A simulated field and all that is known of it.

    Attributes
    ----------
    image
        (4, H, W) uint8, or uint16, in the order red, green, blue, yellow.
    cells, nuclei
        (H, W) uint16 label images; numbers 1..n, a nucleus bears its cell's number and lies in it.
    cell_labels
        Per cell, in order, its classes, ascending; (18,) for a negative one.
    image_labels
        The image's classes: the union over its cells, 18 only where all are negative.
    given_labels
        The classes that whoever labelled the image named; now and then wrong.
    antibody
        Number of the antibody in the set.
    cell_line
        Name of the cell line.
    pixel_size_um
        Edge of a pixel in micrometres.

    Examples
    --------
    >>> import hpacells as hpa
    >>> simulated = hpa.simulate_field(seed=5, size=400, classes=[7])
    >>> simulated.image.shape, simulated.image.dtype, simulated.cells.dtype
    ((4, 400, 400), dtype('uint8'), dtype('uint16'))
    >>> len(simulated.cell_labels), simulated.cells.max(), simulated.image_labels
    (3, np.uint16(3), (7,))
    >>> simulated.write_image("simulated", "sim-1")
    >>> hpa.find_fields("simulated")[0].image_id
    'sim-1'
    """

    image: NDArray[np.uint8] | NDArray[np.uint16]
    cells: NDArray[np.uint16]
    nuclei: NDArray[np.uint16]
    cell_labels: tuple[tuple[int, ...], ...]
    image_labels: tuple[int, ...]
    given_labels: tuple[int, ...]
    antibody: int
    cell_line: str
    pixel_size_um: float

    def write_image(self, folder: str | PathLike[str], image_id: str) -> None:
        """Write the four channels to a folder as ``<ID>_red.png`` and so on."""
        for channel, plane in zip(CHANNELS, self.image, strict=True):
            write_plane(Path(folder, f"{image_id}_{channel}.png"), plane)


def simulate_set_field(
    index: int,
    settings: FieldSettings,
    *,
    classes: tuple[int, ...] | None = None,
    cell_line: CellLine | None = None,
) -> SimulatedField:
    """Simulate field ``index`` of a set: the same settings and index give the same field, bit for bit.

    Parameters
    ----------
    index
        Number of the field in the set, from 0.
    settings
        The set's settings.
    classes
        Classes to show, ascending, instead of those that the set gives this field.
    cell_line
        Cell line to show instead of the one whose turn it is; the set runs through all of them.
    """
    key = (settings.seed, index)
    antibody = make_antibody(index // settings.fields_per_antibody, settings)
    wanted = field_classes(antibody, index, settings) if classes is None else classes
    line = cell_line or _line_in_turn(index, settings)
    divides = MITOTIC_SPINDLE in wanted
    cells, known = _build_cells(key, antibody.number, settings, line, divides=divides)
    random = random_stream(*key, Stream.CELL_LABELS)
    labels = []
    for group in (cells[:known], cells[known:]):
        labels += label_cells(antibody, wanted, [cell.mitotic for cell in group], settings, random)
    label_images = np.zeros((2, *settings.shape), np.uint16)
    for number, cell in enumerate(cells[:known], start=1):
        label_images[0][cell.window][cell.mask] = number
        label_images[1][cell.window][cell.nucleus] = number
    image_labels = image_classes(labels[:known])
    return SimulatedField(
        image=form_image(cells, labels, settings.shape, settings.pixel_size_um, key, settings.optics),
        cells=label_images[0],
        nuclei=label_images[1],
        cell_labels=tuple(labels[:known]),
        image_labels=image_labels,
        given_labels=_give_labels(image_labels, key, settings.wrong_labels),
        antibody=antibody.number,
        cell_line=line.name,
        pixel_size_um=settings.pixel_size_um,
    )


def _line_in_turn(index: int, settings: FieldSettings) -> CellLine:
    lines = [line for line in CELL_LINES if not settings.cell_lines or line.name in settings.cell_lines]
    return lines[shuffled_cycle(index, len(lines), settings.seed, Stream.CELL_LINE)]


def _give_labels(labels: tuple[int, ...], key: tuple[int, int], wrong_labels: float) -> tuple[int, ...]:
    random = random_stream(*key, Stream.WRONG_LABEL)
    return mistake_labels(labels, random) if random.random() < wrong_labels else labels


def _build_cells(
    key: tuple[int, int], antibody: int, settings: FieldSettings, line: CellLine, *, divides: bool
) -> tuple[list[Cell], int]:
    """Build the cells in sight, those of the truth first, and say how many these are."""
    random = random_stream(*key, Stream.LAYOUT)
    px_per_um = 1.0 / settings.pixel_size_um
    extent = (settings.shape[0] / px_per_um, settings.shape[1] / px_per_um)
    mitotic_fraction = settings.mitotic_fraction if divides else settings.mitotic_elsewhere
    shapes = lay_out_cells(extent, line, mitotic_fraction, random, divides=divides and mitotic_fraction > 0)
    ground = divide_field(shapes, settings.shape, px_per_um, line, random)
    textures = Textures(settings.shape, px_per_um, key)
    least_px = _LEAST_NUCLEUS_UM2 * px_per_um**2
    known: list[Cell] = []
    others: list[Cell] = []
    for number, (shape, window) in enumerate(zip(shapes, ground.windows, strict=True), start=1):
        if window is None:
            continue
        cell = Cell(
            window=window,
            mask=ground.cells[window] == number,
            nucleus=ground.nuclei[window] == number,
            shape=shape,
            territory=ground.territories[number - 1],
            textures=textures,
            px_per_um=px_per_um,
            key=(*key, number),
            antibody=(settings.seed, antibody),
        )
        (known if np.count_nonzero(cell.nucleus) >= least_px else others).append(cell)
    return known + others, len(known)
