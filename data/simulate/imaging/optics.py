"""From stained structures to a picture: blur, glow, exposure, photons and the camera."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Exposure:
    """How one channel of one field is taken.

    Attributes
    ----------
    blur_um
        Standard deviation of the point spread function, in or out of focus.
    glow
        Part of the light that comes from out of focus.
    haze
        Background light, as a part of the brightness of a bright structure (1).
    peak
        Grey value of a structure of brightness ``full``; above 255 it is saturated.
    full
        Brightness that is shown as ``peak``.
    photons
        Photons that make a grey value of 255.
    read_noise
        Standard deviation of the camera's noise in grey values.
    black
        Grey value below which everything is black.
    """

    blur_um: float
    glow: float
    haze: float
    peak: float
    full: float
    photons: float
    read_noise: float
    black: float


_GLOW_UM = 1.6
_GLOW_REDUCTION = 4


def render_image(
    light: NDArray[np.floating], px_per_um: float, exposure: Exposure, random: np.random.Generator
) -> NDArray[np.floating]:
    """Take one channel (H, W) float32, brightness about 0..1, as grey values 0..255, not yet whole numbers.

    The photons' noise is drawn from the normal distribution that Poisson's tends to; the camera's offset, and
    somewhat more, is taken off, so dark pixels read 0, as in the published images.
    """
    sigma = exposure.blur_um * px_per_um
    image = cv2.GaussianBlur(light, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)
    image *= np.float32(1.0 - exposure.glow)
    image += np.float32(exposure.glow) * _glow(light, px_per_um)
    image += np.float32(exposure.haze)
    image *= np.float32(exposure.peak / exposure.full)
    np.maximum(image, 0.0, out=image)
    spread = np.sqrt(image * np.float32(255.0 / exposure.photons) + np.float32(exposure.read_noise**2))
    image += spread * random.standard_normal(image.shape, dtype=np.float32)
    return np.clip(image - np.float32(exposure.black), 0.0, 255.0, out=image)


def to_grey_levels(picture: NDArray[np.floating], bits: int) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """Round grey values 0..255 to the levels of 8 bits, or of 16 (65535 is white)."""
    if bits == 8:
        return np.rint(picture).astype(np.uint8)
    return np.rint(picture * np.float32(257.0)).astype(np.uint16)


def _glow(light: NDArray[np.floating], px_per_um: float) -> NDArray[np.floating]:
    height, width = light.shape
    reduced = (max(1, width // _GLOW_REDUCTION), max(1, height // _GLOW_REDUCTION))
    small = cv2.resize(light, reduced, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), max(0.5, _GLOW_UM * px_per_um / _GLOW_REDUCTION))
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.float32)


def brightness_to_show(
    light: NDArray[np.floating], blur_px: float, *, brightest: float, at_least: float
) -> float:
    """Return the brightness above which the part ``brightest`` of a field lies; at least ``at_least``.

    An exposure is set by it. Measured on every second pixel of every second row, after the blur.
    """
    blurred = cv2.GaussianBlur(light, (0, 0), blur_px)[::2, ::2].ravel()
    rank = max(0, blurred.size - 1 - max(1, round(blurred.size * brightest)))
    return max(at_least, float(np.partition(blurred, rank)[rank]))


def spread_light(shape: tuple[int, int], fall: float, centre: tuple[float, float]) -> NDArray[np.floating]:
    """Return the illumination (H, W) of a field: 1 at ``centre`` and ``fall`` less at the distance of a side.

    Parameters
    ----------
    shape
        Height and width in pixels.
    fall
        Part of the light that is missing one field's side away from the centre.
    centre
        Its place y, x, as parts of height and width.
    """
    y = (np.arange(shape[0], dtype=np.float32)[:, None] + 0.5) / shape[0] - np.float32(centre[0])
    x = (np.arange(shape[1], dtype=np.float32)[None, :] + 0.5) / shape[1] - np.float32(centre[1])
    return 1.0 - np.float32(fall) * np.minimum(y * y + x * x, 1.0)
