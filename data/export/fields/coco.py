"""COCO's files of instances: annotations and results, written entry by entry.

Numbers of images, annotations and categories begin with 1: ``pycocotools`` takes an annotation 0 for none,
and other readers the category 0 for the background. Results have no boxes: where the first one has,
``loadRes`` takes the areas of all from their boxes.
"""

import binascii
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO


class CocoList:
    """A list in a JSON file that is written entry by entry.

    Parameters
    ----------
    file
        The file, open for writing, where the list is to begin.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self.count = 0

    def add(self, entry: Mapping[str, Any]) -> None:
        """Write one more entry, on a line of its own."""
        self._file.write(",\n" if self.count else "\n")
        self._file.write(_format(entry))
        self.count += 1


@contextmanager
def open_annotations(
    path: Path, info: Mapping[str, Any], images: Iterator[Mapping[str, Any]], class_names: Sequence[str]
) -> Iterator[CocoList]:
    """Write the file of the annotations: images and categories, and in the block the annotations.

    Parameters
    ----------
    path
        The file.
    info
        What the file is.
    images
        Entries of the images.
    class_names
        Names of the categories, number 1 first.
    """
    with path.open("w", encoding="utf-8", newline="\n") as file:
        # Without it loadRes stops with a KeyError.
        file.write(f'{{"info":{_format(info)},\n"licenses":[],\n"images":[')
        listed = CocoList(file)
        for image in images:
            listed.add(image)
        file.write('\n],\n"categories":[')
        categories = CocoList(file)
        for number, name in enumerate(class_names, 1):
            categories.add({"id": number, "name": name, "supercategory": "protein"})
        file.write('\n],\n"annotations":[')
        yield CocoList(file)
        file.write("\n]}\n")


@contextmanager
def open_results(path: Path) -> Iterator[CocoList]:
    """Write the file of the results, which are added in the block."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write("[")
        yield CocoList(file)
        file.write("\n]\n")


def describe_mask(string: str, height: int, width: int) -> dict[str, Any]:
    """Return a mask string of the cells table as COCO's compressed run lengths, with the counts as text."""
    counts = zlib.decompress(binascii.a2b_base64(string)).decode("ascii")
    return {"size": [height, width], "counts": counts}


def _format(entry: Mapping[str, Any]) -> str:
    return json.dumps(entry, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
