"""How large a picture may be: asked of its header, before a byte of its pixels is decoded."""

import math
from pathlib import Path

from data.errors import InputError

MAX_PIXELS = 120_000_000
"""Default: a field of 10,000 px a side and some to spare, which takes 3 GiB in the hungriest stage."""

BYTES_PER_PIXEL = 8
"""What may be decoded at once for each pixel of the bound: four samples of 16 bit."""

_MOST_BYTES_OF_WORK = 30


def check_pixels(height: int, width: int, max_pixels: int, path: Path) -> None:
    """Check that a picture has no more pixels than are allowed.

    Raises
    ------
    InputError
        It has more; the message names the setting.
    """
    pixels = height * width
    if pixels > max_pixels:
        gigabytes = math.ceil(pixels * _MOST_BYTES_OF_WORK / 1e9)
        raise InputError(
            found=f"a picture of {width} x {height} px",
            where=path,
            expected=f"at most {max_pixels} px (setting images.max_pixels)",
            advice=f"cut it into fields; or, if it is sound and {gigabytes} GB of memory are free, allow it "
            f"with --set images.max_pixels={pixels}",
        )


def check_decoded(size: int, max_pixels: int, path: Path) -> None:
    """Check that what has to be decoded at once, in bytes, is no more than pixels of the bound take.

    Raises
    ------
    InputError
        It is more; the message names the setting.
    """
    most = max_pixels * BYTES_PER_PIXEL
    if size > most:
        raise InputError(
            found=f"{size / 1e6:.0f} MB that have to be unpacked at once",
            where=path,
            expected=f"at most {most / 1e6:.0f} MB, {BYTES_PER_PIXEL} bytes for each px of images.max_pixels",
            advice="save each plane as a file of its own; or, if it is sound and the memory is free, allow "
            f"it with --set images.max_pixels={math.ceil(size / BYTES_PER_PIXEL)}",
        )
