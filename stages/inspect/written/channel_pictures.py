"""The channels of a field as grey pictures in full resolution, which the browser colours and mixes.

A browser lets no page that was opened from disk read the pixels of a picture file beside it, so each picture
lies in a script, as text.
"""

import base64
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from data.channels import CHANNELS, STAINS
from data.errors import InputError
from data.plots.composites import shrink
from stages.inspect.written.scripts import write_script

PictureFormat = Literal["jpeg", "png"]

_JPEG_QUALITY = 92
_PNG_LEVEL = 2
"""Of nine: higher ones save little of noise and take several times as long."""


def write_channels(
    folder: Path,
    name: str,
    image: NDArray[np.uint8],
    contrast: NDArray[np.float64],
    present: tuple[str, ...],
    kind: PictureFormat,
    longest_side: int,
) -> list[dict[str, object]]:
    """Write a script for each channel that an image has: ``<name>_<channel>.js``.

    Grey levels are spread so that darkest and brightest become 0 and 255, which JPEG keeps better than the
    few levels of a dark picture.

    Parameters
    ----------
    folder, name
        The report, and the first part of the names.
    image
        (4, H, W) uint8, R G B Y.
    contrast
        (4, 2) grey values that are first shown as black and white.
    present
        The channels that the image has.
    kind
        Format of the pictures.
    longest_side
        Pictures of larger images are shrunk to so many px.

    Returns
    -------
    list of dict
        Per channel its ``name`` and ``stain``, the ``low`` and ``high`` grey value that its picture's 0 and
        255 stand for, and the two of the contrast, ``black`` and ``white``.
    """
    channels: list[dict[str, object]] = []
    for number, channel in enumerate(CHANNELS):
        if channel not in present:
            continue
        plane = image[number]
        low, high = int(plane.min(initial=255)), int(plane.max(initial=0))
        spread_plane = shrink(spread(plane, low, high), longest_side)
        data = encode_grey(spread_plane, kind)
        write_script(folder, f"{name}_{channel}", f"data:image/{kind};base64,{data}")
        black, white = contrast[number].round(1).tolist()
        channels.append(
            {
                "name": channel,
                "stain": STAINS[channel],
                "low": low,
                "high": max(high, low + 1),
                "black": black,
                "white": white,
            }
        )
    return channels


def spread(plane: NDArray[np.uint8], low: int, high: int) -> NDArray[np.uint8]:
    """Spread the grey values from ``low`` to ``high`` over 0..255; each keeps a value of its own."""
    ramp = (np.arange(256) - low) * (255 / max(1, high - low))
    return np.asarray(cv2.LUT(plane, np.clip(np.rint(ramp), 0, 255).astype(np.uint8)), np.uint8)


def encode_grey(plane: NDArray[np.uint8], kind: PictureFormat) -> str:
    """Encode a plane (H, W) uint8 as a picture file, as base64 text."""
    options = (cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY)
    if kind == "png":
        options = (cv2.IMWRITE_PNG_COMPRESSION, _PNG_LEVEL)
    ok, encoded = cv2.imencode(".jpg" if kind == "jpeg" else ".png", plane, options)
    if not ok:
        raise InputError(found=f"a plane of shape {plane.shape} cannot be written", where="the report")
    return base64.b64encode(encoded.tobytes()).decode("ascii")
