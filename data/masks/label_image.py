"""Label images: uint16 PNGs in which pixel value n marks cell number n and 0 the background."""

from os import PathLike
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from data.atomic import atomic_write
from data.errors import InputError

MAX_CELLS = int(np.iinfo(np.uint16).max)
"""The highest cell number that a uint16 label image can hold."""

# Label images are long runs of equal values: run-length deflate at level 1 writes several times as fast as
# OpenCV's default and gives files of about the same size.
_PNG_OPTIONS = (
    cv2.IMWRITE_PNG_COMPRESSION,
    1,
    cv2.IMWRITE_PNG_STRATEGY,
    cv2.IMWRITE_PNG_STRATEGY_RLE,
    cv2.IMWRITE_PNG_FILTER,
    cv2.IMWRITE_PNG_FILTER_UP,
)


_STRIP_ROWS = 256


def count_pixels(label_image: NDArray[np.integer], count: int) -> NDArray[np.int64]:
    """Count the pixels of each of the numbers 0..count of a label image (H, W): (count + 1,) int64."""
    # NumPy counts in 64-bit copies: of a strip at a time these stay small beside the image.
    areas = np.zeros(count + 1, np.int64)
    for start in range(0, len(label_image), _STRIP_ROWS):
        areas += np.bincount(label_image[start : start + _STRIP_ROWS].ravel(), minlength=count + 1)
    return areas


def write_label_image(path: str | PathLike[str], label_image: NDArray[np.integer]) -> None:
    """Write a label image (H, W) as a 16-bit PNG.

    Raises
    ------
    InputError
        It holds more than 65,535 cells.
    """
    if label_image.size and int(label_image.max()) > MAX_CELLS:
        raise InputError(
            found=f"{int(label_image.max())} cells in one field", where=path, expected=f"at most {MAX_CELLS}"
        )
    ok, encoded = cv2.imencode(".png", label_image.astype(np.uint16, copy=False), _PNG_OPTIONS)
    if not ok:
        raise InputError(found=f"an image of shape {label_image.shape} cannot be written as PNG", where=path)
    with atomic_write(Path(path)) as temporary:
        temporary.write_bytes(encoded.tobytes())


def read_label_image(path: str | PathLike[str]) -> NDArray[np.uint16]:
    """Read a label image as (H, W) uint16; 8-bit ones, as other programs write them, too.

    Raises
    ------
    InputError
        The file is missing, unreadable, or not a single-channel image of 8 or 16 bit.

    Examples
    --------
    >>> import hpacells as hpa
    >>> cells = hpa.read_label_image("work/demo/masks/A1_cells.png")
    >>> cells.shape, cells.dtype
    ((400, 400), dtype('uint16'))
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(found="no such file", where=path, expected="a label image (16-bit PNG)")
    content = np.frombuffer(path.read_bytes(), np.uint8)
    # Checks the file's own checksums; of an empty file it makes an error of its own.
    label_image = cv2.imdecode(content, cv2.IMREAD_UNCHANGED) if content.size else None
    if label_image is None or label_image.ndim != 2 or label_image.dtype not in (np.uint8, np.uint16):
        found = "unreadable" if label_image is None else f"{label_image.dtype} of shape {label_image.shape}"
        found += ", in colour" if label_image is not None and label_image.ndim == 3 else ""
        raise InputError(found, where=path, expected="a single-channel image of 8 or 16 bit")
    return label_image.astype(np.uint16, copy=False)
