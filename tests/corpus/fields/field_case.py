"""Cases of a folder with two fields, of which one is odd: the other has to be segmented whatever that is."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from data.masks.label_image import read_label_image
from tests.corpus.case import Case, Outcome, Place
from tests.corpus.stock import SEGMENT, write_field


def odd_field(
    name: str,
    spoil: Callable[[Path], object],
    told: str = "",
    *,
    close: bool = False,
    blank: bool = False,
    ids: Sequence[str] = ("odd",),
    arguments: Sequence[object] = (),
    causes: int = 1,
) -> Case:
    """Return a case of a folder with the fields ``good`` and ``odd``.

    Parameters
    ----------
    name
        What is odd.
    spoil
        Is given the folder of both fields.
    told
        Pattern of the line that leaves the odd field out; empty where its masks have to be the good one's.
    close
        Whether the odd field has the same cells with other outlines, as after JPEG.
    blank
        Whether the odd field has no cells.
    ids
        The IDs under which the odd field's masks have to be found.
    arguments
        More of `hpacells segment`.
    causes
        Number of fields that are refused.
    """

    def write(place: Place) -> None:
        images = place.inputs / "images"
        write_field(images, "good")
        write_field(images, "odd")
        spoil(images)

    def check(place: Place, _: Outcome) -> None:
        masks, cells = place.work / "masks", place.stock.cells
        found = {path.name.removesuffix("_cells.png") for path in masks.glob("*_cells.png")}
        assert found == {"good"} | (set() if told else set(ids))
        for image_id in sorted(found):
            labels = read_label_image(masks / f"{image_id}_cells.png")
            if blank and image_id != "good":
                assert not labels.any()
            elif close and image_id != "good":
                assert labels.max() == cells.max()
                assert np.mean((labels > 0) == (cells > 0)) > 0.97
            else:
                np.testing.assert_array_equal(labels, cells)
        failures = json.loads((place.work / "segment.json").read_text())["failures"]
        assert len(failures) == (causes if told else 0)

    def command(place: Place) -> list[object]:
        return ["segment", place.inputs / "images", "--work", place.work, *SEGMENT, *arguments]

    return Case(name, write, command, told, check, causes=causes)
