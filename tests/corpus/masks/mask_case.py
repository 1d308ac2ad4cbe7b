"""Cases of the mask of one field among two: the other has to be taken whatever that is."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from data.masks.label_image import read_label_image
from tests.corpus.case import Case, Outcome, Place
from tests.corpus.stock import SCALE, write_field

Cells = NDArray[np.integer[Any]]
Write = Callable[[Path, Cells], object]


def own_mask(
    name: str, write_odd: Write, told: str = "", file: str = "odd_cells.png", cells: int = 3
) -> Case:
    """Return a case of the mask of the field ``odd``; that of ``good`` is good.

    Parameters
    ----------
    name
        What is odd.
    write_odd
        Is given the path of the mask, and the cells that should be in it.
    told
        Pattern of the line that leaves the field out.
    file
        Name of the mask.
    cells
        Cells of a right result; where these are three, they have to be the given ones.
    """

    def write(place: Place) -> None:
        folder = place.inputs / "masks"
        folder.mkdir()
        for image_id in ("good", "odd"):
            write_field(place.inputs / "images", image_id)
        cv2.imwrite(str(folder / "good_cells.png"), place.stock.cells.astype(np.uint16))
        write_odd(folder / file, place.stock.cells)

    def command(place: Place) -> list[object]:
        masks = place.inputs / "masks"
        return ["segment", place.inputs / "images", "--masks", masks, "--work", place.work, "--set", SCALE]

    def check(place: Place, _: Outcome) -> None:
        masks = place.work / "masks"
        np.testing.assert_array_equal(read_label_image(masks / "good_cells.png"), place.stock.cells)
        assert (masks / "odd_cells.png").exists() == (not told)
        if not told:
            found = read_label_image(masks / "odd_cells.png")
            assert found.max() == cells
            if cells == 3:
                np.testing.assert_array_equal(found, place.stock.cells)
        failures = json.loads((place.work / "segment.json").read_text())["failures"]
        assert len(failures) == bool(told)

    return Case(name, write, command, told, check)


def cut_bytes(write: Write, keep: float = 0.5) -> Write:
    def cut(path: Path, cells: Cells) -> None:
        write(path, cells)
        content = path.read_bytes()
        path.write_bytes(content[: int(len(content) * keep)])

    return cut
