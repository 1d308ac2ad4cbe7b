"""Pictures of a cell with all four channels in one file: TIFF, RGBA PNG or a NumPy array."""

from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from data.channels import CHANNELS
from data.errors import InputError
from data.images.formats import png
from data.images.formats.tiff_whole import check_pages, check_segments
from data.images.pixel_bound import MAX_PIXELS, check_decoded
from data.images.pixel_values import to_native

CHANNEL_ORDER = "rgby"
"""The usual order of the channels in such a file: R G B Y, the ER of an RGBA picture in its alpha."""

_EXPECTED = "a TIFF, an RGBA PNG or a .npy of four channels, of 8 or 16 bit"


def read_stack(path: Path, order: str = CHANNEL_ORDER, max_pixels: int = MAX_PIXELS) -> NDArray[Any]:
    """Read the four channels of a file as (4, H, W), uint8 or uint16, R G B Y.

    Parameters
    ----------
    path
        TIFF, PNG with transparency, or ``.npy``; the channels come first or last.
    order
        Initials of the channels in the order in which they are there, such as ``"bgry"``.
    max_pixels
        Pixels of the largest picture that is read.

    Raises
    ------
    InputError
        The file is missing, unreadable or too large, or has other than four channels of 8 or 16 bit.
    """
    try:
        image = _decode(path, max_pixels)
    except InputError:
        raise
    except FileNotFoundError:
        raise InputError(found="no such file", where=path, expected=_EXPECTED) from None
    except OSError as error:
        found = f"cannot be opened ({error.strerror or error})"
        raise InputError(found=found, where=path, expected=_EXPECTED) from None
    except Exception as error:
        # The decoders have exception types of their own; whatever they raise, the file is at fault.
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(found=f"unreadable ({reason})", where=path, expected=_EXPECTED) from None
    image = to_native(image)
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


def _decode(path: Path, max_pixels: int) -> NDArray[Any]:
    ending = path.suffix.lower()
    if ending == ".png":
        return png.decode(path.read_bytes(), max_pixels, path)
    if ending == ".npy":
        mapped = np.load(path, mmap_mode="r", allow_pickle=False)
        check_decoded(mapped.nbytes, max_pixels, path)
        return np.squeeze(np.array(mapped))
    with tifffile.TiffFile(path) as tiff:
        check_pages(tiff)
        for page in tiff.pages:
            check_segments(page.aspage())
        check_decoded(tiff.series[0].nbytes, max_pixels, path)
        return np.squeeze(tiff.asarray())
