"""Cells whose channels are in one file that is damaged or holds something else."""

import io
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import tifffile
from numpy.typing import NDArray

from tests.corpus.case import Case
from tests.corpus.indexes.index_case import Make, black_ground, cut, index, raw_file

FILES = "ID,file\ngood,good.tif\nodd,{}\n"


def stack_file(name: str, array: NDArray[Any], **options: Any) -> Make:
    return lambda folder: tifffile.imwrite(folder / name, array, photometric="minisblack", **options)


def in_turn(*makes: Make) -> Make:
    def make(folder: Path) -> None:
        for one in makes:
            one(folder)

    return make


def npy_bytes(array: Any, **options: Any) -> bytes:
    memory = io.BytesIO()
    np.save(memory, array, **options)
    return memory.getvalue()


def rgba() -> bytes:
    """Return an RGBA PNG with the ER in its alpha."""
    red, green, blue, yellow = black_ground()
    return cv2.imencode(".png", np.dstack([blue, green, red, yellow]))[1].tobytes()


GOOD_STACK = stack_file("good.tif", black_ground())


def in_file(name: str, file: str, make: Make, told: str = "") -> Case:
    """Return a case of a cell whose channels are in one file."""
    return index(name, FILES.format(file), told, make=in_turn(GOOD_STACK, make))


CASES: list[Case] = [
    in_file("a TIFF of four channels", "odd.tif", stack_file("odd.tif", black_ground())),
    in_file("a TIFF, channels last", "odd.tif", stack_file("odd.tif", np.moveaxis(black_ground(), 0, 2))),
    in_file(
        "a TIFF of three channels",
        "odd.tif",
        stack_file("odd.tif", black_ground()[:3]),
        r"odd\.tif: uint8 of shape \(3, 56, 56\)",
    ),
    in_file(
        "a TIFF of floats",
        "odd.tif",
        stack_file("odd.tif", black_ground().astype(np.float32)),
        r"odd\.tif: float32 of shape \(4, 56, 56\)",
    ),
    in_file(
        "a TIFF, half",
        "odd.tif",
        in_turn(stack_file("odd.tif", black_ground()), cut("odd.tif")),
        r"odd\.tif: unreadable \(the next page is at byte",
    ),
    in_file(
        "a TIFF, JPEG inside, half",
        "odd.tif",
        in_turn(stack_file("odd.tif", black_ground(), compression="jpeg"), cut("odd.tif")),
        r"odd\.tif: unreadable \(the next page is at byte",
    ),
    in_file("an RGBA PNG", "odd.png", lambda folder: (folder / "odd.png").write_bytes(rgba())),
    in_file(
        "an RGBA PNG, half",
        "odd.png",
        lambda folder: (folder / "odd.png").write_bytes(rgba()[:2000]),
        r"odd\.png: unreadable",
    ),
    in_file(
        "an RGB PNG",
        "odd.png",
        lambda folder: cv2.imwrite(str(folder / "odd.png"), np.moveaxis(black_ground()[:3], 0, 2)),
        r"odd\.png: uint8 of shape \(56, 56, 3\)",
    ),
    in_file("a .npy", "odd.npy", raw_file("odd.npy", npy_bytes(black_ground()))),
    in_file(
        "a .npy, half",
        "odd.npy",
        raw_file("odd.npy", npy_bytes(black_ground())[:5000]),
        r"odd\.npy: unreadable",
    ),
    in_file(
        "a .npy with a pickle",
        "odd.npy",
        raw_file("odd.npy", npy_bytes(np.array([{}]), allow_pickle=True)),
        r"odd\.npy: unreadable",
    ),
    in_file("an empty file name", "", lambda _: None, "inputs: cannot be opened"),
    in_file("a folder", "folder", lambda folder: (folder / "folder").mkdir(), "folder: cannot be opened"),
    in_file("a file name of 5,000 letters", "o" * 5000 + ".tif", lambda _: None, r"o\.tif: cannot be opened"),
]
