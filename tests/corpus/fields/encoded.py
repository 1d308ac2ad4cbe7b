"""Image files as bytes, whole and spoilt, and what puts them in the place of a channel."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from PIL import Image

from tests.corpus.stock import PLANES

BLUE = PLANES["blue"]
WIDE = BLUE.astype(np.uint16) * 257
SIDE = len(BLUE)
STACK = (
    np.stack([PLANES["red"], PLANES["green"], PLANES["blue"], PLANES["yellow"]]).astype(np.uint16)[None] * 257
)
NAMES = ("tubulin", "protein", "DAPI", "calreticulin")

Spoil = Callable[[Path], object]


def blue_as(suffix: str, write: Callable[[Path], object]) -> Spoil:
    """Return what replaces the blue file of the odd field by another with this ending."""

    def spoil(images: Path) -> None:
        (images / "odd_blue.png").unlink()
        write(images / f"odd_blue{suffix}")

    return spoil


def raw(suffix: str, content: bytes) -> Spoil:
    return blue_as(suffix, lambda path: path.write_bytes(content))


def all_as_container(write: Callable[[Path], object], name: str) -> Spoil:
    """Return what replaces the odd field by one file of all channels."""

    def spoil(images: Path) -> None:
        for path in images.glob("odd_*.png"):
            path.unlink()
        write(images / name)

    return spoil


def bytes_of(write: Callable[[io.BytesIO], object]) -> bytes:
    memory = io.BytesIO()
    write(memory)
    return memory.getvalue()


def png(array: np.ndarray = BLUE, mode: str | None = None, **options: Any) -> bytes:
    picture = Image.fromarray(array)
    return bytes_of(
        lambda memory: (picture.convert(mode) if mode else picture).save(memory, "png", **options)
    )


def jpeg(array: np.ndarray = BLUE, mode: str = "L", **options: Any) -> bytes:
    picture = Image.fromarray(array).convert(mode)
    return bytes_of(lambda memory: picture.save(memory, "jpeg", quality=98, **options))


def tiff(array: np.ndarray = BLUE, **options: Any) -> bytes:
    return bytes_of(lambda memory: tifffile.imwrite(memory, array, **options))


def cut(content: bytes, keep: float = 0.5) -> bytes:
    return content[: int(len(content) * keep)]


def flipped(content: bytes, place: float = 0.5, count: int = 1) -> bytes:
    changed = bytearray(content)
    start = int(len(content) * place)
    for index in range(start, start + count):
        changed[index] ^= 0x55
    return bytes(changed)
