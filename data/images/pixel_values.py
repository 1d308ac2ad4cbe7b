"""Pixel values of every type as unsigned integers of 8 or 16 bit, where no value is lost."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from data.errors import InputError
from data.images.strips import cut_strips, map_strips

_MOST = 65535


def to_unsigned(plane: NDArray[Any], path: Path) -> NDArray[Any]:
    """Return a plane as uint8 or uint16.

    Boolean values become 0 and 255. Signed and wider integers, and whole numbers in floating point, stay as
    they are if they lie in 0..65535; other floating-point values in 0..1 are scaled so that 1 becomes 65535.

    Raises
    ------
    InputError
        A value is negative, too large or no number, is neither whole nor in 0..1, or it cannot be decided
        what is white.
    """
    if plane.dtype in (np.uint8, np.uint16):
        return plane
    if plane.dtype == np.bool_:
        return plane.astype(np.uint8) * 255
    if plane.dtype.kind not in "iuf" or plane.size == 0:
        raise _refusal(plane, "values that are no brightness", path, "convert to 16 bit integers")
    if plane.dtype.kind == "f":
        return _from_float(plane, path)
    _check_range(plane, path)
    return plane.astype(np.uint8 if plane.dtype == np.int8 else np.uint16)


def to_native(values: ArrayLike) -> NDArray[Any]:
    """Return an array in this machine's order of bytes; as it is, where it has that already.

    Big-endian files (``.npy``, TIFF, FITS) give types such as ``>u2``, which equal no ``np.uint16``.
    """
    array = np.asarray(values)
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def are_fractions(plane: NDArray[Any]) -> bool:
    """Check whether floating-point values lie in 0..1 and are not all whole, so that 1 is white."""
    return bool(plane.max() <= 1 and not _are_whole(plane))


def _from_float(plane: NDArray[Any], path: Path) -> NDArray[np.uint16]:
    if not all(np.isfinite(plane[strip]).all() for strip in cut_strips(plane.shape)):
        raise _refusal(plane, "pixels that are no number (NaN or infinite)", path, "replace them by 0")
    _check_range(plane, path)
    if are_fractions(plane):
        scale = np.float32(_MOST)
        return map_strips(lambda values: np.rint(values.astype(np.float32) * scale), plane, np.uint16)
    largest = plane.max()
    if _are_whole(plane):
        if largest == 1:
            raise _refusal(plane, "no other values than 0 and 1", path, "convert to 8 or 16 bit integers")
        return plane.astype(np.uint16)
    found = f"values up to {largest:.6g} that are not whole numbers"
    raise _refusal(plane, found, path, "scale to 0..1 or convert to 16 bit integers, all channels alike")


def _are_whole(plane: NDArray[Any]) -> bool:
    strips = (plane[strip] for strip in cut_strips(plane.shape))
    return all(np.array_equal(strip, np.rint(strip)) for strip in strips)


def _check_range(plane: NDArray[Any], path: Path) -> None:
    # As numbers of Python: 65535 is none of those that 16 bits of floating point have.
    smallest, largest = plane.min().item(), plane.max().item()
    if smallest < 0:
        advice = "add one offset to all channels, or set negative values to 0, and save as 16 bit unsigned"
        raise _refusal(plane, f"negative values, down to {smallest:.6g}", path, advice)
    if largest > _MOST:
        advice = "scale all channels alike to 16 bit unsigned"
        raise _refusal(plane, f"values up to {largest:.6g}", path, advice)


def _refusal(plane: NDArray[Any], what: str, path: Path, advice: str) -> InputError:
    kind = {"i": "signed integers", "u": "unsigned integers", "f": "floating point"}.get(plane.dtype.kind, "")
    return InputError(
        found=f"{what}, in pixels of type {plane.dtype}{f' ({kind})' if kind else ''}",
        where=path,
        expected="whole numbers from 0 to 65535, or floating point from 0 to 1",
        advice=advice,
    )
