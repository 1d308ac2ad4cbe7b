"""PNG: grey, colour, palette and transparent, of 1 to 16 bit."""

import struct
from pathlib import Path
from typing import Any

import imagecodecs
from numpy.typing import NDArray

from data.images.file_bytes import read_bytes, read_start
from data.images.picture import Picture
from data.images.pixel_bound import check_pixels
from data.images.pixel_size import plausible
from data.images.plane_address import PlaneAddress

SUFFIXES = (".png",)

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEADER_BYTES = 65536
_COLOUR = 2
"""The bit of the colour type that is set in colour pictures."""


def describe(path: Path) -> tuple[Picture, ...]:
    """Read what a file says about its picture, from the chunks before its pixels.

    Raises
    ------
    OSError, ValueError
        It cannot be opened, or is no PNG.
    """
    chunks = _chunks(read_start(path, _HEADER_BYTES))
    width, height, bits, colour_type = _header(chunks)
    stated = min(chunks.get(b"sBIT", b"")[: 3 if colour_type & _COLOUR else 1], default=None)
    size = _pixel_size(chunks.get(b"pHYs", b""))
    return (
        Picture(
            height,
            width,
            "uint16" if bits == 16 else "uint8",
            colour=bool(colour_type & _COLOUR),
            significant_bits=stated,
            pixel_size_um=size,
            pixel_size_source="pHYs" if size else "",
        ),
    )


def read(path: Path, address: PlaneAddress) -> NDArray[Any]:
    """Decode the picture: (H, W), or (H, W, 3) of a colour picture; transparency is left out.

    Raises
    ------
    InputError
        It is larger than the address allows.
    """
    pixels = decode(read_bytes(path, address.max_pixels), address.max_pixels, path)
    if pixels.ndim == 2:
        return pixels
    return pixels[..., 0] if pixels.shape[2] == 2 else pixels[..., :3]


def decode(raw: bytes, max_pixels: int, path: Path) -> NDArray[Any]:
    """Decode the bytes of a file: (H, W), or (H, W, S) of S samples.

    Raises
    ------
    InputError
        Its header says that it has more pixels than are allowed.
    """
    width, height, *_ = _header(_chunks(raw[:_HEADER_BYTES]))
    check_pixels(height, width, max_pixels, path)
    return imagecodecs.png_decode(raw)


def _header(chunks: dict[bytes, bytes]) -> tuple[int, int, int, int]:
    """Return width, height, bits and the type of colour."""
    return struct.unpack(">IIBB", chunks[b"IHDR"][:10])


def _chunks(start: bytes) -> dict[bytes, bytes]:
    """Return the chunks before the pixels by their names."""
    if not start.startswith(_SIGNATURE):
        message = "no PNG file"
        raise ValueError(message)
    chunks: dict[bytes, bytes] = {}
    position = len(_SIGNATURE)
    while position + 8 <= len(start):
        length, name = struct.unpack_from(">I4s", start, position)
        if name == b"IDAT":
            break
        chunks.setdefault(name, start[position + 8 : position + 8 + length])
        position += length + 12
    if len(chunks.get(b"IHDR", b"")) < 13:
        message = "no PNG header"
        raise ValueError(message)
    return chunks


def _pixel_size(resolution: bytes) -> tuple[float, float] | None:
    """Return um per pixel (height, width) of a chunk pHYs, where it is of a microscope."""
    if len(resolution) < 9:
        return None
    across, down, unit = struct.unpack(">IIB", resolution[:9])
    if unit != 1 or not across or not down:
        return None
    return plausible(1e6 / down, 1e6 / across)
