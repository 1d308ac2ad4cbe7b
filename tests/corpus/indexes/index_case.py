"""Cases of an index of two cells, of which one is odd."""

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from data.channels import CHANNELS
from data.tiles.tile_store import TileStore
from tests.corpus.case import Case, Outcome, Place
from tests.corpus.stock import PLANES

WINDOW = (slice(4, 60), slice(4, 60))
"""Where the first cell of a field lies, px."""

STACK = np.stack([PLANES[channel][WINDOW] for channel in CHANNELS])
GOOD = "good,0\n"
HEADER = "ID,label\n"

Make = Callable[[Path], object]


def write_cell(folder: Path, name: str) -> None:
    """Write the picture of a cell on black, a file per channel."""
    y, x = np.mgrid[: STACK.shape[1], : STACK.shape[2]]
    inside = np.hypot(y - 28, x - 28) < 25
    for channel, plane in zip(CHANNELS, STACK, strict=True):
        cv2.imwrite(str(folder / f"{name}_{channel}.png"), plane * inside)


def index(
    name: str,
    content: str | bytes,
    told: str = "",
    *,
    make: Make = lambda _: None,
    cells: int = 2,
    whole: bool = False,
) -> Case:
    """Return a case of an index.

    Parameters
    ----------
    name
        What is odd.
    content
        The index.
    told
        Pattern of the line that leaves a cell out, or refuses the index.
    make
        Is given the folder of the index, with the cells `good` and `odd` in it.
    cells
        Cells of a right result, which all have the same picture.
    whole
        Whether the index is refused as a whole.
    """

    def write(place: Place) -> None:
        for image_id in ("good", "odd"):
            write_cell(place.inputs, image_id)
        make(place.inputs)
        raw = content.encode() if isinstance(content, str) else content
        (place.inputs / "index.csv").write_bytes(raw)

    def command(place: Place) -> list[object]:
        return ["crops", "--from", place.inputs / "index.csv", "--work", place.work]

    def check(place: Place, _: Outcome) -> None:
        if whole:
            assert not (place.work / "tiles.zarr").exists()
            return
        store = TileStore(place.work / "tiles.zarr")
        assert len(store) == cells
        tiles = store.read(range(len(store)))
        kept = tiles[:1] if told else tiles
        assert tiles[0].any()
        assert (kept == tiles[0]).all()
        failures = json.loads((place.work / "crops.json").read_text())["failures"]
        assert len(failures) == bool(told)

    return Case(name, write, command, told, check)


def black_ground() -> NDArray[np.uint8]:
    y, x = np.mgrid[: STACK.shape[1], : STACK.shape[2]]
    return STACK * (np.hypot(y - 28, x - 28) < 25)


def cut(name: str) -> Make:
    def make(folder: Path) -> None:
        path = folder / name
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    return make


def raw_file(name: str, content: bytes) -> Make:
    return lambda folder: (folder / name).write_bytes(content)
