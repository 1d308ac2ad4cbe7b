"""Colour pictures of one channel: the planes that carry the signal, whatever colour it was painted in."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from data.errors import InputError

_BLOCK = 16
"""Side of the blocks, px, over which the errors that JPEG makes in colours average out."""

_EVERY = 8
"""Rows apart that are looked at."""

_LARGE = 2**25
"""Values of a picture that is looked at a plane at a time."""

CARRIES = 0.3
"""Strength of a plane that carries signal, as a fraction of the strongest; the errors of JPEG reach 0.18."""

ANOTHER_HUE = 0.12
"""Signal of another hue, as a fraction of the whole; JPEG makes up to 0.065, two stains over 0.25."""

_PLANES = ("red", "green", "blue", "yellow")


def signal_plane(picture: NDArray[Any], channel: str, path: Path) -> NDArray[Any]:
    """Return the grey values of a channel that was painted in one colour.

    Parameters
    ----------
    picture
        (H, W, 3), red, green, blue, unsigned.
    channel
        Its plane is taken where the picture is too dark to show a colour.
    path
        For messages.

    Returns
    -------
    ndarray (H, W)
        The maximum over the planes that carry the signal: of a picture tinted red the red plane, of yellow
        the maximum of red and green, of grey any of the three.

    Raises
    ------
    InputError
        The picture has several colours.
    """
    means = _block_means(picture[:: _EVERY if len(picture) >= _EVERY * _BLOCK else 1])
    if not means.any() and picture.any():
        means = _block_means(picture)
    strength = np.sqrt((means**2).mean(axis=0))
    strongest = int(strength.argmax())
    if strength[strongest] == 0:
        return picture.max(axis=2)
    share = means.T @ means[:, strongest] / (means[:, strongest] ** 2).sum()
    others = means - means[:, strongest, None] * share
    other_hue = np.sqrt((others**2).mean(axis=0)).max() / strength[strongest]
    # Below a grey level rounding makes any hue.
    if other_hue > ANOTHER_HUE and strength[strongest] * other_hue > np.iinfo(picture.dtype).max / 255:
        raise InputError(
            found=f"a picture of several colours ({', '.join(_describe(strength))})",
            where=path,
            expected=f"the {channel} channel alone, in grey or painted in one colour",
            advice="export each channel as a file of its own, in grey",
        )
    carrying = np.flatnonzero(share >= CARRIES)
    if strength[strongest] < np.iinfo(picture.dtype).max / 255 / 4 and channel in _PLANES:
        carrying = np.union1d(carrying, [0, 1] if channel == "yellow" else [_PLANES.index(channel)])
    # OpenCV takes planes apart several times faster than numpy copies them.
    picture = np.ascontiguousarray(picture)
    signal = cv2.extractChannel(picture, int(carrying[0]))
    for plane in carrying[1:]:
        signal = np.maximum(signal, cv2.extractChannel(picture, int(plane)))
    return signal


def _block_means(picture: NDArray[Any]) -> NDArray[np.float64]:
    height, width = picture.shape[:2]
    size = max(1, width // _BLOCK), max(1, height // (_BLOCK // _EVERY))
    # Of a large one a plane at a time, because in floating point it is four times as large.
    parts = [picture] if picture.size <= _LARGE else [picture[..., plane] for plane in range(3)]
    small = [cv2.resize(part.astype(np.float32), size, interpolation=cv2.INTER_AREA) for part in parts]
    return np.dstack(small).reshape(-1, 3).astype(np.float64)


def _describe(strength: NDArray[np.float64]) -> list[str]:
    percent = np.rint(100 * strength / strength.max()).astype(int)
    return [f"{name} {value} %" for name, value in zip(_PLANES, percent, strict=False) if value]
