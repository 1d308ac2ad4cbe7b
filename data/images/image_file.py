"""Image files, PNG, TIFF, OME-TIFF or JPEG: what they say about their pictures, and reading one plane."""

import io
from pathlib import Path
from typing import Any

import cv2
import imagecodecs
import numpy as np
import tifffile
from numpy.typing import NDArray

from data.atomic import atomic_write
from data.errors import InputError
from data.images.plane_address import WHOLE_FILE, PlaneAddress

SUFFIXES = (".png", ".ome.tif", ".ome.tiff", ".tif", ".tiff", ".jpg", ".jpeg")
"""File name endings that are read, longer ones before the shorter ones that they end with."""

_JPEG_END = b"\xff\xd9"


def write_plane(path: Path, plane: NDArray[np.unsignedinteger]) -> None:
    """Write a grey plane (H, W), uint8 or uint16, as a PNG file."""
    _, encoded = cv2.imencode(".png", plane)
    with atomic_write(path) as temporary:
        temporary.write_bytes(encoded.tobytes())


def read_plane(path: Path, channel: str, address: PlaneAddress = WHOLE_FILE) -> NDArray[Any]:
    """Read one image file as a grey plane (H, W), uint8 or uint16.

    Of a colour-tinted RGB image (as proteinatlas.org serves them) the plane that carries the tint of
    ``channel`` is taken; yellow is the maximum of the red and the green plane. An alpha plane is ignored.

    Raises
    ------
    InputError
        The file is missing, truncated, in no known format, has several planes, or is not 8 or 16 bit.
    """
    try:
        image = _decode(path)
    except OSError as error:
        raise InputError(
            found=f"cannot be opened ({error.strerror or error})", where=path, expected="a readable image"
        ) from None
    except Exception as error:
        # Every decoder has its own exception types; whatever one raises, the file is at fault.
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(
            found=f"unreadable or truncated ({reason})",
            where=path,
            expected="a whole PNG, TIFF or JPEG file",
            advice="copy or download it again",
        ) from None
    if image.dtype not in (np.uint8, np.uint16):
        raise InputError(found=f"pixels of type {image.dtype}", where=path, expected="8 or 16 bit integers")
    return np.ascontiguousarray(_single_plane(image, channel, path))


def _decode(path: Path) -> NDArray[Any]:
    raw = path.read_bytes()
    suffix = path.suffix.lower()
    if suffix == ".png":
        return imagecodecs.png_decode(raw)
    if suffix in (".jpg", ".jpeg"):
        # libjpeg fills the missing part of a truncated file with grey and carries on.
        if _JPEG_END not in raw[-1024:]:
            message = "no end-of-image marker"
            raise ValueError(message)
        return imagecodecs.jpeg8_decode(raw)
    with tifffile.TiffFile(io.BytesIO(raw)) as tiff:
        return np.squeeze(tiff.series[0].asarray())


def _single_plane(image: NDArray[Any], channel: str, path: Path) -> NDArray[Any]:
    if image.ndim == 2:
        return image
    if image.ndim == 3 and image.shape[0] in (3, 4) and image.shape[2] not in (3, 4):
        image = np.moveaxis(image, 0, 2)
    if image.ndim == 3 and image.shape[2] == 2:
        return image[..., 0]
    if image.ndim == 3 and image.shape[2] in (3, 4):
        if channel == "yellow":
            return np.maximum(image[..., 0], image[..., 1])
        return image[..., ("red", "green", "blue").index(channel)]
    raise InputError(
        found=f"an image of shape {image.shape}",
        where=path,
        expected="one plane of one channel, or a tinted RGB image",
        advice="save the channel as a single plane (of a stack, one slice or its projection)",
    )
