"""Random changes of a crop's light: gain, contrast, haze, blur, noise, uneven cells, a missing stain."""

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field as Setting

from data.segmenter_training.fading import FadingSettings, fade_cells
from data.segmenter_training.halo import HaloSettings, add_halo
from data.segmenter_training.stains import BRIGHTEST
from data.settings import Settings


class AugmentationSettings(Settings):
    """How much the light of a crop is changed; each stain by itself."""

    gain: float = Setting(
        default=0.45, ge=0, le=2, description="largest change of brightness, in the logarithm"
    )
    gamma: float = Setting(
        default=0.35, ge=0, le=1, description="largest change of the gamma, in the logarithm"
    )
    haze: float = Setting(default=0.12, ge=0, le=0.5, description="largest light of the background")
    blur_px: float = Setting(default=1.4, ge=0, le=5, description="largest sigma of a blur")
    noise: float = Setting(default=0.08, ge=0, le=0.5, description="largest standard deviation of noise")
    uneven_cells: float = Setting(
        default=0.5, ge=0, le=2, description="spread of the cells' own brightness, in the logarithm"
    )
    gradient: float = Setting(default=0.4, ge=0, le=1, description="largest change of light across the crop")
    debris: float = Setting(
        default=0.35, ge=0, le=1, description="part of the crops with specks of debris between the cells"
    )
    fading: FadingSettings = FadingSettings.model_validate({})
    halo: HaloSettings = HaloSettings.model_validate({})
    missing_er: float = Setting(default=0.12, ge=0, le=1, description="part of the crops without ER stain")
    missing_microtubules: float = Setting(
        default=0.0, ge=0, le=1, description="part of the crops without microtubule stain"
    )


def augment_crop(
    stains: NDArray[np.float32],
    nuclei: NDArray[np.int32],
    cells: NDArray[np.int32],
    settings: AugmentationSettings,
    random: np.random.Generator,
) -> NDArray[np.float32]:
    """Change the light of a crop; no stain is mixed into another.

    Parameters
    ----------
    stains
        (3, h, w) float32, red, yellow, blue: 0 dark, 1 bright.
    nuclei, cells
        (h, w) label images with the same numbers, for cells of uneven brightness.
    settings
        How much.
    random
        Equal states give equal changes.

    Returns
    -------
    ndarray
        (3, h, w) float32 in 0..`BRIGHTEST`.
    """
    stains = stains.copy()
    # Only where they are asked for, so that trainings without them draw the numbers that they drew before.
    if settings.fading.part and random.random() < settings.fading.part:
        fade_cells(stains, nuclei, cells, settings.fading, random)
    if settings.halo.part and random.random() < settings.halo.part:
        add_halo(stains, settings.halo, random)
    changed = np.stack([_change_stain(stain, settings, random) for stain in stains])
    if random.random() < settings.debris:
        _add_debris(changed, random)
    if random.random() < 0.5:
        changed *= _uneven_light(cells, settings, random)
    for stain in changed:
        if random.random() < 0.6:
            grain = random.standard_normal(stain.shape, dtype=np.float32)
            # Photon noise grows with the light, but the root in which stains are held evens it out.
            stain += grain * np.float32(random.uniform(0, settings.noise))
    missing = random.random()
    if missing < settings.missing_er:
        changed[1] = 0
    elif missing < settings.missing_er + settings.missing_microtubules:
        changed[0] = 0
    return np.clip(changed, 0, BRIGHTEST, out=changed)


def _change_stain(
    stain: NDArray[np.float32], settings: AugmentationSettings, random: np.random.Generator
) -> NDArray[np.float32]:
    gain = np.exp(random.uniform(-settings.gain, 0.7 * settings.gain))
    gamma = np.exp(random.uniform(-settings.gamma, settings.gamma))
    haze = random.uniform(0, settings.haze) if random.random() < 0.4 else 0.0
    changed = np.float32(gain) * np.power(stain, np.float32(gamma)) * np.float32(1 - haze) + np.float32(haze)
    if random.random() < 0.35:
        sigma = random.uniform(0.3, max(settings.blur_px, 0.31))
        changed = cv2.GaussianBlur(changed, (0, 0), sigma)
    return np.asarray(changed, np.float32)


def _uneven_light(
    cells: NDArray[np.int32], settings: AugmentationSettings, random: np.random.Generator
) -> NDArray[np.float32]:
    """Apply a gain of its own to each cell, and a gradient to the crop."""
    gains = np.exp(random.normal(0, settings.uneven_cells, int(cells.max(initial=0)) + 1))
    gains *= np.exp(-0.2 * settings.uneven_cells)
    gains[0] = 1.0
    light = cv2.GaussianBlur(np.minimum(gains, 1.6).astype(np.float32)[cells], (0, 0), 1.5)
    height, width = cells.shape
    across = np.linspace(-0.5, 0.5, width, dtype=np.float32)
    down = np.linspace(-0.5, 0.5, height, dtype=np.float32)[:, None]
    slope_x, slope_y = random.uniform(-settings.gradient, settings.gradient, 2)
    return np.asarray(light * (1 + slope_x * across + slope_y * down), np.float32)


def _add_debris(stains: NDArray[np.float32], random: np.random.Generator) -> None:
    """Add blurred specks that are no cells, of any colour, smaller than a nucleus."""
    _, height, width = stains.shape
    for _ in range(random.integers(1, 16)):
        speck = np.zeros((height, width), np.float32)
        centre = (int(random.integers(width)), int(random.integers(height)))
        axes = (int(random.integers(1, 8)), int(random.integers(1, 8)))
        cv2.ellipse(speck, centre, axes, random.uniform(0, 180), 0, 360, 1.0, -1)
        speck = cv2.GaussianBlur(speck, (0, 0), random.uniform(0.6, 2.0))
        colour = random.uniform(0, 1, 3).astype(np.float32) * (random.random(3) < 0.6)
        np.maximum(stains, colour.astype(np.float32)[:, None, None] * speck, out=stains)
