"""The metadata of OME-NGFF 0.5: multiscales, channels and label images."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.channels import STAINS
from data.export.ngff.pyramid import offset_of, scale_of

VERSION = "0.5"

_COLOURS = {"red": "FF0000", "green": "00FF00", "blue": "0000FF", "yellow": "FFFF00"}


def describe_multiscale(name: str, axes: str, levels: int, pixel_size_um: float) -> dict[str, Any]:
    """Describe the levels of an image or label image.

    Parameters
    ----------
    name
        Its name.
    axes
        Names of its axes: ``"cyx"`` or ``"yx"``.
    levels
        How many arrays there are: ``0``, ``1`` ...
    pixel_size_um
        In um; NaN where it is not known, and lengths are px without a unit.
    """
    is_known = math.isfinite(pixel_size_um)
    size = pixel_size_um if is_known else 1.0
    space: dict[str, str] = {"type": "space"} | ({"unit": "micrometer"} if is_known else {})
    datasets = []
    for level in range(levels):
        scale, offset = scale_of(level) * size, offset_of(level) * size
        datasets.append(
            {
                "path": str(level),
                "coordinateTransformations": [
                    {"type": "scale", "scale": [1.0 if axis == "c" else scale for axis in axes]},
                    {"type": "translation", "translation": [0.0 if axis == "c" else offset for axis in axes]},
                ],
            }
        )
    return {
        "name": name,
        "axes": [{"name": axis} | ({"type": "channel"} if axis == "c" else space) for axis in axes],
        "datasets": datasets,
    }


def describe_channels(
    channels: Sequence[str], image: NDArray[np.unsignedinteger], names: Mapping[str, str] = STAINS
) -> dict[str, Any]:
    """Describe the channels of an image: name, colour, and which grey values are shown as black and white.

    Parameters
    ----------
    channels
        What they are: red, green, blue or yellow.
    image
        (C, H, W), unsigned.
    names
        What they are called.
    """
    white = int(np.iinfo(image.dtype).max)
    described = []
    for channel, plane in zip(channels, image, strict=True):
        start, end = find_window(plane)
        described.append(
            {
                "label": names[channel],
                "color": _COLOURS[channel],
                "active": True,
                "coefficient": 1.0,
                "family": "linear",
                "inverted": False,
                "window": {"min": 0.0, "max": float(white), "start": start, "end": end},
            }
        )
    return {"channels": described, "rdefs": {"defaultT": 0, "defaultZ": 0, "model": "color"}}


def find_window(plane: NDArray[np.unsignedinteger]) -> tuple[float, float]:
    """Find the grey values of a channel (H, W) that are to be shown as black and as white."""
    white = float(np.iinfo(plane.dtype).max)
    low, high = (float(value) for value in np.percentile(_sample(plane), (0.1, 99.9)))
    # Of an empty channel the noise is not shown.
    end = min(max(high, low + white / 16), white)
    return min(low, end - 1), end


def describe_labels(
    numbers: Sequence[int], colours: Sequence[Sequence[int]], properties: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Describe the labels of a label image.

    Parameters
    ----------
    numbers
        (n,) their pixel values.
    colours
        (n,) red, green, blue, 0..255.
    properties
        (n,) what is known of each; missing values are left out, as JSON has none that all readers take.
    """
    source = {"source": {"image": "../../"}}
    if not numbers:
        # The schema does not allow empty lists.
        return source
    shown = [
        {"label-value": number, "rgba": [*colour, 255]}
        for number, colour in zip(numbers, colours, strict=True)
    ]
    known = [
        {"label-value": number} | dict(values) for number, values in zip(numbers, properties, strict=True)
    ]
    return {"colors": shown, "properties": known} | source


def _sample(plane: NDArray[np.unsignedinteger]) -> NDArray[np.unsignedinteger]:
    return plane[::4, ::4] if min(plane.shape) >= 64 else plane
