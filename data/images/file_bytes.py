"""The bytes of an image file, unpacked where it is compressed as a whole (.gz)."""

import gzip
import io
import zlib
from pathlib import Path
from typing import IO

from data.errors import InputError

GZIP = ".gz"


def image_suffix(path: Path) -> str:
    """Return the ending that names the format, in small letters and without ``.gz``."""
    name = path.name.lower().removesuffix(GZIP)
    return Path(name).suffix


def is_packed(path: Path) -> bool:
    """Check whether a file is compressed as a whole."""
    return path.name.lower().endswith(GZIP)


def read_bytes(path: Path) -> bytes:
    """Read a file, unpacked.

    Raises
    ------
    OSError
        It cannot be opened.
    InputError
        It ends in ``.gz`` and is damaged, truncated or no gzip file.
    """
    raw = path.read_bytes()
    if not is_packed(path):
        return raw
    try:
        return gzip.decompress(raw)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(
            found=f"damaged or truncated gzip file ({error})",
            where=path,
            expected="a whole file",
            advice="copy or download it again",
        ) from None


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


def open_unpacked(path: Path) -> IO[bytes] | Path:
    """Return what a library can open: the path, or the unpacked bytes of a ``.gz``."""
    return io.BytesIO(read_bytes(path)) if is_packed(path) else path
