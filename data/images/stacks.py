"""Stacks of slices: which slice is read."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.errors import InputError

CHOICES = "middle, sharpest, max, or the number of a slice from 0"


def read_slice(
    count: int, z: str, read: Callable[[int], NDArray[Any]], path: Path, axis: str = "slices"
) -> NDArray[Any]:
    """Read the slice of a stack that a setting names.

    Parameters
    ----------
    count
        Number of slices; of a single one the setting is ignored.
    z
        As in ``data.images.plane_address.PlaneAddress``.
    read
        Reads one slice by its number.
    path, axis
        The file and what its slices are, for messages.

    Raises
    ------
    InputError
        The setting is empty, or names no slice of the stack.
    """
    if count == 1:
        return read(0)
    if z == "max":
        brightest = read(0)
        for number in range(1, count):
            brightest = np.maximum(brightest, read(number))
        return brightest
    if z == "sharpest":
        return read(sharpest(count, read))
    return read(_slice_number(count, z, path, axis))


def sharpest(count: int, read: Callable[[int], NDArray[Any]]) -> int:
    """Find the slice that is best in focus; of several, the first.

    It is the one with the largest variance over mean, which stands up to noise better than measures of edges
    (Sun, Duthaler & Nelson 2004, "Autofocusing in computer microscopy", normalized variance).
    """
    return int(np.argmax([_focus(read(number)) for number in range(count)]))


def _focus(plane: NDArray[Any]) -> float:
    values = plane.astype(np.float32)
    mean = float(values.mean())
    return float(values.var()) / mean if mean > 0 else 0.0


def _slice_number(count: int, z: str, path: Path, axis: str) -> int:
    if z == "middle":
        return count // 2
    if z.strip().isdecimal() and int(z) < count:
        return int(z)
    raise InputError(
        found=f"a stack of {count} {axis}" if not z else f"images.z = {z}, of a stack of {count} {axis}",
        where=path,
        expected="one plane" if not z else f"{CHOICES}, up to {count - 1}",
        advice="choose with the setting images.z (middle, sharpest, max or a number from 0), for example "
        "--set images.z=middle",
    )
