"""Light from above and below the focus: it lies around bright cells, smooth, and is no cell."""

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field as Setting

from data.settings import Settings

_STEP = 4
"""By so much a stain is reduced before it is blurred: what is so smooth needs no finer pixels."""


class HaloSettings(Settings):
    """How often there is light out of focus around cells, how much, and how wide."""

    part: float = Setting(default=0.0, ge=0, le=1, description="part of the crops with light out of focus")
    strength: tuple[float, float] = Setting(
        default=(0.01, 0.15), description="range of that light, as a share of what is in focus"
    )
    width_px: tuple[float, float] = Setting(
        default=(4.0, 24.0), description="range of the sigma of its blur, in px of 0.32 um"
    )


def add_halo(stains: NDArray[np.float32], settings: HaloSettings, random: np.random.Generator) -> None:
    """Add a blurred copy of each stain's light to it, in place.

    Parameters
    ----------
    stains
        (C, h, w) float32, as roots of the light.
    settings
        How much; `part` is the caller's.
    random
        Equal states give equal changes.
    """
    height, width = stains.shape[1:]
    small = (max(width // _STEP, 1), max(height // _STEP, 1))
    sigma = np.exp(random.uniform(*np.log(settings.width_px))) / _STEP
    for stain in stains:
        strength = np.exp(random.uniform(*np.log(settings.strength)))
        light = np.square(stain)
        blurred = cv2.GaussianBlur(cv2.resize(light, small, interpolation=cv2.INTER_AREA), (0, 0), sigma)
        light += np.float32(strength) * cv2.resize(blurred, (width, height), interpolation=cv2.INTER_LINEAR)
        np.sqrt(light, out=stain)
