"""Two segmentations of fields of another cell line, side by side, without a truth.

Run from the top folder: ``python -m benchmarks.cm4ai --images FOLDER --theirs FOLDER``. The images are the
ten fields of CM4AI (MDA-MB-468 cells treated with paclitaxel, tinted JPEG); theirs are label images
``<ID>_cell_mask.png`` and ``<ID>_nuclei_mask.png``, in any letter case, such as the public attempt of
github.com/arashabadi/cm4ai_codefest2025 (``analysis/segmentation_Rebecca``, MIT) made with hpacellseg. Ours
are ``<ID>_cells.png`` and ``<ID>_nuclei.png`` (``--ours FOLDER``, such as ``masks`` of a work folder);
without, a segmenter makes them.

There is no truth: more cells are not better ones, so look at the picture (``--picture FILE``), and theirs may
have been made with settings that do not fit these images.
"""

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.side_by_side.machine import describe_machine
from data.channels import CHANNELS
from data.fields.field import Field
from data.fields.image_folder import find_fields
from data.masks.label_image import read_label_image
from data.plots.comparison import complete_channels
from data.plots.composites import composite, draw_outlines, find_outlines, shrink, stretch_contrast
from models.segmenters.factory import create_segmenter

_PIXEL_SIZE_UM = 0.08
_PANEL_PX = 700
_HEADER = "| field | made by | nuclei | cells | nuclei in a cell | % of the field | median cell, px |\n"


@dataclass(frozen=True)
class Masks:
    """Label images (H, W) uint16 of a field."""

    cells: NDArray[np.uint16]
    nuclei: NDArray[np.uint16]


def main() -> None:
    """Print a line per field and segmentation, and the sums; write the picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--images", type=Path, required=True)
    parser.add_argument("--theirs", type=Path, required=True)
    parser.add_argument("--ours", type=Path)
    parser.add_argument("--segmenter", default="lite", help="where --ours is not given")
    parser.add_argument("--picture", type=Path)
    given = parser.parse_args()
    makers = {"theirs": _reader(given.theirs, "_cell_mask.png", "_nuclei_mask.png")}
    ours = "ours" if given.ours else given.segmenter
    makers[ours] = (
        _reader(given.ours, "_cells.png", "_nuclei.png") if given.ours else _segmenter(given.segmenter)
    )
    sys.stdout.write(f"{describe_machine()}\n\n{_HEADER}|---|---|---|---|---|---|---|\n")
    panels, sums = [], {name: np.zeros(3, int) for name in makers}
    for field in find_fields(given.images):
        found = {name: make(field) for name, make in makers.items()}
        for name, masks in found.items():
            sums[name] += _write_line(field.image_id, name, masks)
        panels.append(_draw(field, found))
    for name, (nuclei, cells, inside) in sums.items():
        sys.stdout.write(f"| all | {name} | {nuclei} | {cells} | {inside} | | |\n")
    if given.picture:
        cv2.imwrite(str(given.picture), cv2.cvtColor(_arrange(panels), cv2.COLOR_RGB2BGR))


def _reader(folder: Path, cells: str, nuclei: str) -> Callable[[Field], Masks]:
    files = {path.name.casefold(): path for path in folder.glob("*.png")}

    def read(field: Field) -> Masks:
        name = field.image_id.casefold()
        return Masks(*(read_label_image(files[f"{name}{ending}"]) for ending in (cells, nuclei)))

    return read


def _segmenter(name: str) -> Callable[[Field], Masks]:
    segmenter = create_segmenter(name)

    def segment(field: Field) -> Masks:
        found = segmenter.segment(field.read(segmenter.channels), _PIXEL_SIZE_UM)
        return Masks(found.cells, found.nuclei)

    return segment


def _write_line(image_id: str, name: str, masks: Masks) -> tuple[int, int, int]:
    """Print what was found, and return the numbers of nuclei, of cells, and of nuclei that lie in a cell."""
    areas = np.bincount(masks.cells.ravel())[1:]
    areas = areas[areas > 0]
    inside = _count_inside(masks)
    nuclei = len(np.unique(masks.nuclei)) - 1
    covered = 100 * np.count_nonzero(masks.cells) / masks.cells.size
    median = f"{np.median(areas):.0f}" if len(areas) else ""
    sys.stdout.write(
        f"| {image_id} | {name} | {nuclei} | {len(areas)} | {inside} | {covered:.0f} | {median} |\n"
    )
    return nuclei, len(areas), inside


def _count_inside(masks: Masks) -> int:
    """Count the nuclei of which more than half lies in cells."""
    sizes = np.bincount(masks.nuclei.ravel())
    in_cells = np.bincount(masks.nuclei[masks.cells > 0].ravel(), minlength=len(sizes))
    return int((2 * in_cells[1:] > sizes[1:]).sum())


def _draw(field: Field, found: dict[str, Masks]) -> NDArray[np.uint8]:
    """Draw each segmentation's cells on the field, stretched under a square root, and name them."""
    image = stretch_contrast(complete_channels(field.read(CHANNELS), CHANNELS))
    picture = shrink(composite(np.rint(np.sqrt(image / 255) * 255).astype(np.uint8)), _PANEL_PX)
    panels = []
    for name, masks in found.items():
        scale = picture.shape[1] / masks.cells.shape[1]
        panel = draw_outlines(picture, find_outlines(masks.cells), scale)
        cv2.putText(panel, f"{name} {field.image_id}", (8, 22), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255,) * 3)
        panels.append(panel)
    return np.concatenate(panels, axis=1)


def _arrange(panels: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Arrange the fields in two columns; the last place stays dark where their number is odd."""
    dark = [np.zeros_like(panels[0])] * (len(panels) % 2)
    whole = [*panels, *dark]
    return np.concatenate(
        [np.concatenate(whole[start : start + 2], axis=1) for start in range(0, len(whole), 2)]
    )


if __name__ == "__main__":
    main()
