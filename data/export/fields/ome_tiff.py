"""A field as a tiled, compressed OME-TIFF with a pyramid in SubIFDs, as Bio-Formats and QuPath open it."""

import hashlib
import math
import re
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import tifffile
from numpy.typing import NDArray

from data.channels import STAINS

_COLOURS = {"red": 0xFF0000FF, "green": 0x00FF00FF, "blue": 0x0000FFFF, "yellow": 0xFFFF00FF}
"""Colours of the channels, red, green, blue and opacity in a byte each."""

_TILE = 512
_SMALLEST = 512
"""Pyramids end where the longer side is no longer than this."""

_BIG = 2**32 - 2**25
"""Bytes from which on a file needs offsets of 64 bit."""

_NOT_IN_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_ome_tiff(
    path: Path, image: NDArray[Any], channels: Sequence[str], name: str, pixel_size_um: float
) -> int:
    """Write a field.

    Parameters
    ----------
    path
        The file.
    image
        (C, H, W), uint8 or uint16.
    channels
        Their names, such as ``"red"``, which give what is shown, and its colour.
    name
        Name of the image.
    pixel_size_um
        Edge of a pixel in um; NaN where it is not known.

    Returns
    -------
    int
        Number of levels, the image itself among them.
    """
    levels = count_levels(image.shape[1], image.shape[2])
    options: dict[str, Any] = {
        "photometric": "minisblack",
        "tile": (_TILE, _TILE),
        "compression": "zlib",
        "predictor": True,
    }
    is_known = math.isfinite(pixel_size_um)
    with tifffile.TiffWriter(path, ome=True, bigtiff=image.nbytes * 4 / 3 > _BIG) as file:
        for level in range(levels):
            if level:
                image = halve(image)
            whole = (
                {}
                if level
                else {
                    "subifds": levels - 1,
                    "metadata": _describe(channels, name, pixel_size_um) | {"UUID": _identify(image, name)},
                }
            )
            scale = 2**level
            resolution = {"resolution": (1e4 / pixel_size_um / scale,) * 2, "resolutionunit": "CENTIMETER"}
            file.write(
                image,
                subfiletype=1 if level else 0,
                **whole,
                **(resolution if is_known else {}),
                **options,
            )
    return levels


def count_levels(height: int, width: int) -> int:
    """Count the levels of a pyramid, the image itself among them."""
    levels = 1
    while max(height, width) > _SMALLEST:
        height, width = (height + 1) // 2, (width + 1) // 2
        levels += 1
    return levels


def halve(image: NDArray[Any]) -> NDArray[Any]:
    """Shrink an image (C, H, W) to half of its size, rounded up, over its whole area: nothing is shifted."""
    height, width = ((side + 1) // 2 for side in image.shape[1:])
    half = np.empty((len(image), height, width), image.dtype)
    for plane, target in zip(image, half, strict=True):
        target[...] = cv2.resize(plane, (width, height), interpolation=cv2.INTER_AREA)
    return half


def _identify(image: NDArray[Any], name: str) -> str:
    """Return a UUID made of the image, so that equal images make equal files; tifffile's is random."""
    content = hashlib.sha256(np.ascontiguousarray(image).data).hexdigest()
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, f'{name} {image.shape} {content}')}"


def _describe(channels: Sequence[str], name: str, pixel_size_um: float) -> dict[str, Any]:
    described: dict[str, Any] = {
        "axes": "CYX",
        "Name": _NOT_IN_XML.sub("\ufffd", name),
        "Channel": {
            "Name": [f"{STAINS[channel]} ({channel})" for channel in channels],
            "Color": [_signed(_COLOURS[channel]) for channel in channels],
        },
    }
    if math.isfinite(pixel_size_um):
        for axis in "XY":
            described |= {f"PhysicalSize{axis}": pixel_size_um, f"PhysicalSize{axis}Unit": "µm"}
    return described


def _signed(colour: int) -> int:
    """Return a colour as OME has it: a signed integer of 32 bit."""
    return colour - 2**32 if colour >= 2**31 else colour
