"""Image files: what they say about their pictures, and reading one plane."""

import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from data.atomic import atomic_write
from data.errors import InputError
from data.images.colour import signal_plane
from data.images.file_bytes import image_suffix, name_content
from data.images.formats import jpeg, ome_zarr, png, tiff
from data.images.formats.microscopes import czi, lif, nd2, oir
from data.images.formats.ome_tiff_set import OmeSet, find_set
from data.images.formats.ome_zarr_groups import stamp_metadata
from data.images.picture import Picture
from data.images.pixel_bound import MAX_PIXELS
from data.images.pixel_values import to_unsigned
from data.images.plane_address import WHOLE_FILE, PlaneAddress
from data.images.stacks import sharpest
from data.storage.images import at_hand, find_remote


@dataclass(frozen=True)
class _Format:
    """How files of some endings are described and read."""

    suffixes: tuple[str, ...]
    describe: Callable[[Path], tuple[Picture, ...]]
    read: Callable[[Path, PlaneAddress], NDArray[Any]]


_FORMATS = tuple(
    _Format(module.SUFFIXES, module.describe, module.read)
    for module in (png, tiff, jpeg, ome_zarr, czi, lif, nd2, oir)
)

_READERS = {suffix: reader for reader in _FORMATS for suffix in reader.suffixes}

_PLAIN = (".png", ".ome.tif", ".ome.tiff", ".tif", ".tiff", ".jpg", ".jpeg")

_MICROSCOPES = (".ome.zarr", ".zarr", ".czi", ".lif", ".nd2", ".oir")

SUFFIXES = (*_PLAIN, *(f"{suffix}.gz" for suffix in _PLAIN), *_MICROSCOPES)
"""File name endings that are read, longer ones before the shorter ones that they end with."""

_ONE_PICTURE = (".png", ".jpg", ".jpeg")
"""Formats without channels and positions."""

_CONTENT = {
    ".png": "a PNG",
    ".tif": "a TIFF",
    ".tiff": "a TIFF",
    ".jpg": "a JPEG",
    ".jpeg": "a JPEG",
    ".czi": "a CZI",
}
"""What the first bytes of a file with an ending say, see ``name_content``."""

_Result = TypeVar("_Result")


def write_plane(path: Path, plane: NDArray[np.unsignedinteger]) -> None:
    """Write a grey plane (H, W), uint8 or uint16, as a PNG file."""
    _, encoded = cv2.imencode(".png", plane)
    with atomic_write(path) as temporary:
        temporary.write_bytes(encoded.tobytes())


def describe_file(path: Path, max_pixels: int = MAX_PIXELS) -> tuple[Picture, ...]:
    """Read what a file says about its pictures, without decoding their pixels.

    A packed TIFF has to be unpacked for it, up to what ``max_pixels`` take.

    Raises
    ------
    InputError
        The file is missing, damaged, too large or in no known format.
    """
    return _attempt(path, lambda: _describe(path, _stamp(path), max_pixels))


def find_file_set(path: Path, z: str, max_pixels: int = MAX_PIXELS) -> OmeSet | None:
    """Find the set of files of which an OME-TIFF is part; None where it stands alone or is no OME-TIFF.

    Raises
    ------
    InputError
        It cannot be read, or its metadata are in another file.
    """
    if image_suffix(path) not in tiff.SUFFIXES:
        return None
    return _attempt(path, lambda: find_set(path, z, max_pixels))


def may_hold_channels(path: Path) -> bool:
    """Check by the ending of a name whether a file can hold several channels and positions."""
    suffix = image_suffix(path)
    return suffix in _READERS and suffix not in _ONE_PICTURE


def stamp_file(path: Path, picture: int = 0) -> tuple[int, int]:
    """Return size in bytes and time of modification (ns); of a folder, of all files of one picture.

    Of a file at a URL, they are those that were listed.

    Raises
    ------
    OSError, InputError
        It is not there.
    """
    listed = find_remote(path)
    if listed is not None:
        return listed.size, listed.modified_ns
    if not path.is_dir():
        stat = path.stat()
        return stat.st_size, stat.st_mtime_ns
    stats = [file.stat() for file in list_files(path, picture)]
    return sum(stat.st_size for stat in stats), max((stat.st_mtime_ns for stat in stats), default=0)


def list_files(path: Path, picture: int = 0) -> list[Path]:
    """List the files that hold one picture of an image: itself, or those of a folder.

    Raises
    ------
    InputError
        It is a folder that is no OME-Zarr.
    """
    return ome_zarr.list_files(path, picture) if path.is_dir() else [path]


def read_plane(path: Path, channel: str, address: PlaneAddress = WHOLE_FILE) -> NDArray[Any]:
    """Read one plane of an image file as grey values (H, W), uint8 or uint16.

    Of a picture in colours, the planes that carry the signal are taken, whatever colour ``channel`` was
    painted in; an alpha plane is ignored. Values of other types are taken as they are where they fit.

    Raises
    ------
    InputError
        The file is missing, truncated or in no known format; it has several planes, and the address does not
        choose one; it is larger than the address allows; it has several colours; or its values do not fit
        into 16 bits.
    """
    pixels = to_unsigned(read_values(path, address), path)
    if pixels.ndim == 3:
        pixels = signal_plane(pixels, channel, path)
    return np.ascontiguousarray(pixels)


def read_values(path: Path, address: PlaneAddress = WHOLE_FILE) -> NDArray[Any]:
    """Read one plane in the type of its file, (H, W), or (H, W, 3) in colours; errors as ``read_plane``."""
    return _attempt(path, lambda: _reader(path).read(path, address))


def find_sharpest(path: Path, channel: str, address: PlaneAddress, slices: int) -> int:
    """Find the slice of a stack that is best in focus; errors as of ``read_plane``."""
    return sharpest(slices, lambda number: read_plane(path, channel, replace(address, z=str(number))))


def _reader(path: Path) -> _Format:
    reader = _READERS.get(image_suffix(path))
    if reader is None:
        raise InputError(found="no known image format", where=path, expected=f"one of {' '.join(SUFFIXES)}")
    return reader


# Every field of a file of many positions is described by it.
@lru_cache(maxsize=16)
def _describe(path: Path, _stamp: object, max_pixels: int) -> tuple[Picture, ...]:
    reader = _reader(path)
    return tiff.describe(path, max_pixels) if reader.describe is tiff.describe else reader.describe(path)


def _stamp(path: Path) -> object:
    return stamp_metadata(path) if path.is_dir() else stamp_file(path)


def _attempt(path: Path, read: Callable[[], _Result]) -> _Result:
    with at_hand(path):
        return _attempt_here(path, read)


def _attempt_here(path: Path, read: Callable[[], _Result]) -> _Result:
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):
            # Opening a pipe would wait until somebody writes into it.
            raise InputError(found="a pipe, socket or device", where=path, expected="an image file")
        return read()
    except InputError:
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.strerror:
            raise InputError(
                found=f"cannot be opened ({error.strerror})", where=path, expected="a readable image"
            ) from None
        # Every decoder has its own exception types; whatever one raises, the file is at fault.
        content = name_content(path) if path.is_file() else ""
        if content and content != _CONTENT.get(image_suffix(path)):
            raise _other_content(path, content) from None
        reason = str(error).splitlines()[0] if str(error) else ""
        if isinstance(error, LookupError | AttributeError | TypeError | struct.error) or len(reason) < 3:
            # Where the code of a library stumbled; of a user's file it says nothing.
            reason = "its header is damaged"
        raise InputError(
            found=f"unreadable or truncated ({reason})",
            where=path,
            expected="a whole file",
            advice="copy or download it again",
        ) from None


def _other_content(path: Path, content: str) -> InputError:
    endings = {kind: suffix for suffix, kind in reversed(_CONTENT.items())}
    return InputError(
        found=f"unreadable or truncated (it is {content})",
        where=path,
        expected=_CONTENT.get(image_suffix(path), "an image"),
        advice=f"rename it so that it ends in {endings[content]}"
        if content in endings
        else "copy or download it again, or save it as PNG or TIFF",
    )
