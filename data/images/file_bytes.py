"""The bytes of an image file, unpacked where it is compressed as a whole (.gz)."""

import gzip
import io
import re
import zlib
from pathlib import Path
from typing import IO, BinaryIO

from data.errors import InputError
from data.images.pixel_bound import BYTES_PER_PIXEL, MAX_PIXELS, check_decoded

GZIP = ".gz"

_UNPACKED_AT_A_TIME = 2**22
_START_BYTES = 512

_MARKS = {
    b"\x89PNG\r\n\x1a\n": "a PNG",
    b"\xff\xd8\xff": "a JPEG",
    **dict.fromkeys((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"), "a TIFF"),
    b"GIF8": "a GIF",
    b"BM": "a BMP",
    b"RIFF": "a WebP or a film",
    b"\0\0\0\x0cjP": "a JPEG 2000",
    b"II\xbc": "a JPEG XR",
    b"%PDF": "a PDF",
    b"PK\x03\x04": "a ZIP archive",
    b"\x1f\x8b": "a gzip file",
    b"\x93NUMPY": "a NumPy array",
    b"\x89HDF": "an HDF5 file",
    b"ZISRAWFILE": "a CZI",
    b"version https://git-lfs": "a pointer of Git LFS (`git lfs pull` gets the file)",
}
"""How files begin, and what they are then."""

_HTML = re.compile(rb"<(!doctype html|html|\?xml)", re.IGNORECASE)


def image_suffix(path: Path) -> str:
    """Return the ending that names the format, in small letters and without ``.gz``."""
    name = path.name.lower().removesuffix(GZIP)
    return Path(name).suffix


def is_packed(path: Path) -> bool:
    """Check whether a file is compressed as a whole."""
    return path.name.lower().endswith(GZIP)


def read_bytes(path: Path, max_pixels: int = MAX_PIXELS) -> bytes:
    """Read a file, unpacked, which stops where it is larger than so many pixels can be.

    Raises
    ------
    OSError
        It cannot be opened.
    InputError
        It ends in ``.gz`` and is damaged, truncated, no gzip file, or too large.
    """
    return _unpack(path, max_pixels).getvalue() if is_packed(path) else path.read_bytes()


def _unpack(path: Path, max_pixels: int) -> io.BytesIO:
    unpacked = io.BytesIO()
    with path.open("rb") as packed:
        _copy_unpacked(packed, unpacked, max_pixels, path)
    unpacked.seek(0)
    return unpacked


def _copy_unpacked(packed: BinaryIO, unpacked: io.BytesIO, max_pixels: int, path: Path) -> None:
    try:
        with gzip.open(packed) as file:
            while part := file.read(_UNPACKED_AT_A_TIME):
                if unpacked.tell() + len(part) > max_pixels * BYTES_PER_PIXEL:
                    check_decoded(_stated_size(packed, unpacked.tell() + len(part)), max_pixels, path)
                unpacked.write(part)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(
            found=f"damaged or truncated gzip file ({error})",
            where=path,
            expected="a whole file",
            advice="copy or download it again",
        ) from None


def _stated_size(packed: BinaryIO, least: int) -> int:
    """Return the size that the end of a gzip file states, of which it has the last 32 bits alone."""
    packed.seek(-4, io.SEEK_END)
    stated = int.from_bytes(packed.read(4), "little")
    return stated + max(0, -(-(least - stated) >> 32) << 32)


def read_start(path: Path, size: int) -> bytes:
    """Read the first bytes of a file, unpacked, as far as they can be unpacked.

    Raises
    ------
    OSError
        It cannot be opened.
    """
    try:
        with gzip.open(path) if is_packed(path) else path.open("rb") as file:
            return file.read(size)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        message = f"damaged or truncated gzip file ({error})"
        raise ValueError(message) from None


def open_unpacked(path: Path, max_pixels: int = MAX_PIXELS) -> IO[bytes] | Path:
    """Return what a library can open: the path, or the unpacked bytes of a ``.gz``.

    Raises
    ------
    OSError, InputError
        As of ``read_bytes``.
    """
    return _unpack(path, max_pixels) if is_packed(path) else path


def name_content(path: Path) -> str:
    """Return what a file is by its first bytes, unpacked, such as ``a JPEG``; empty where none says it."""
    try:
        start = read_start(path, _START_BYTES)
    except (OSError, ValueError):
        return ""
    if not start:
        return "an empty file"
    if not start.strip(b"\0"):
        return "a file that begins with zeros"
    names = (name for mark, name in _MARKS.items() if start.startswith(mark))
    return next(names, "a page of a website" if _HTML.search(start[:200]) else "")


def begins_as_tiff(path: Path) -> bool:
    """Check by its first bytes whether a file is a TIFF, whole or not."""
    return name_content(path) == "a TIFF"
