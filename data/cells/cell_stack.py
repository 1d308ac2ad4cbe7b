"""Pictures of a cell with all four channels in one file: TIFF, RGBA PNG or a NumPy array."""

from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import tifffile
from numpy.typing import NDArray

from data.channels import CHANNELS
from data.errors import InputError

CHANNEL_ORDER = "rgby"
"""The usual order of the channels in such a file: R G B Y, the ER of an RGBA picture in its alpha."""

_EXPECTED = "a TIFF, an RGBA PNG or a .npy of four channels, of 8 or 16 bit"


def read_stack(path: Path, order: str = CHANNEL_ORDER) -> NDArray[Any]:
    """Read the four channels of a file as (4, H, W), uint8 or uint16, R G B Y.

    Parameters
    ----------
    path
        TIFF, PNG with transparency, or ``.npy``; the channels come first or last.
    order
        Initials of the channels in the order in which they are there, such as ``"bgry"``.

    Raises
    ------
    InputError
        The file is missing or unreadable, or has other than four channels of 8 or 16 bit.
    """
    try:
        image = _decode(path)
    except FileNotFoundError:
        raise InputError(found="no such file", where=path, expected=_EXPECTED) from None
    except Exception as error:
        # The decoders have exception types of their own; whatever they raise, the file is at fault.
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(found=f"unreadable ({reason})", where=path, expected=_EXPECTED) from None
    if image.ndim == 3 and image.shape[0] != len(CHANNELS) and image.shape[2] == len(CHANNELS):
        image = np.moveaxis(image, 2, 0)
    if image.ndim != 3 or image.shape[0] != len(CHANNELS) or image.dtype not in (np.uint8, np.uint16):
        raise InputError(
            found=f"{image.dtype} of shape {image.shape}",
            where=path,
            expected=_EXPECTED,
            advice="write all four channels, or name a file per channel in columns red,green,blue,yellow",
        )
    return image[[order.index(channel[0]) for channel in CHANNELS]]


def _decode(path: Path) -> NDArray[Any]:
    ending = path.suffix.lower()
    if ending == ".png":
        return imagecodecs.png_decode(path.read_bytes())
    if ending == ".npy":
        return np.squeeze(np.load(path, allow_pickle=False))
    return np.squeeze(tifffile.imread(path))
