"""JPEG: grey or colour, 8 bit."""

import struct
from pathlib import Path
from typing import Any

import imagecodecs
from numpy.typing import NDArray

from data.errors import InputError
from data.images.file_bytes import read_bytes, read_start
from data.images.picture import Picture
from data.images.pixel_bound import check_pixels
from data.images.plane_address import PlaneAddress

SUFFIXES = (".jpg", ".jpeg")

_START, _END = b"\xff\xd8", b"\xff\xd9"
_HEADER_BYTES = 1 << 20
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers of a frame: they say how large it is, and how many components it has."""


def describe(path: Path) -> tuple[Picture, ...]:
    """Read what a file says about its picture, from its frame header.

    Raises
    ------
    OSError, ValueError
        It cannot be opened, or is no JPEG.
    """
    height, width, components = _frame(read_start(path, _HEADER_BYTES))
    return (Picture(height, width, "uint8", colour=components >= 3),)


def read(path: Path, address: PlaneAddress) -> NDArray[Any]:
    """Decode the picture: (H, W), or (H, W, 3) of a colour picture.

    Raises
    ------
    InputError
        It has the colours of a printer (CMYK), or is larger than the address allows.
    """
    raw = read_bytes(path, address.max_pixels)
    # libjpeg fills the missing part of a truncated file with grey and carries on.
    if _END not in raw[-1024:]:
        message = "no end-of-image marker"
        raise ValueError(message)
    height, width, components = _frame(raw)
    check_pixels(height, width, address.max_pixels, path)
    if components == 4:
        raise InputError(
            found="a JPEG of four colours (CMYK)",
            where=path,
            expected="a grey or an RGB picture",
            advice="export the channel as a grey PNG or TIFF",
        )
    return imagecodecs.jpeg8_decode(raw)


def _frame(start: bytes) -> tuple[int, int, int]:
    """Return height, width and number of components."""
    if not start.startswith(_START):
        message = "no JPEG file"
        raise ValueError(message)
    position = len(_START)
    while position + 10 <= len(start):
        if start[position] != 0xFF:
            position += 1
            continue
        marker = start[position + 1]
        if marker in _FRAMES:
            height, width, components = struct.unpack_from(">HHB", start, position + 5)
            return height, width, components
        if marker == 0xFF:
            position += 1
        elif marker == 0x01 or 0xD0 <= marker <= 0xD8:
            position += 2
        else:
            position += 2 + int.from_bytes(start[position + 2 : position + 4], "big")
    message = "no frame header"
    raise ValueError(message)
