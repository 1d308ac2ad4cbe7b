"""Random changes of tiles that keep their class; the one place that knows albumentations."""

import os
import threading
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import Field as Setting

from data.settings import Settings

# albumentations asks the network for a newer version when it is imported, unless it is told not to.
os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")

import albumentations as transforms


class AugmentSettings(Settings):
    """How much tiles are changed in training."""

    probability: float = Setting(
        default=1.0, ge=0, le=1, description="part of the tiles that are changed at all"
    )
    rotate: bool = Setting(default=True, description="any angle, besides the eight symmetries of the square")
    scale: float = Setting(
        default=1.25, ge=1, le=2, description="largest factor to enlarge, and to shrink, by"
    )
    shift: float = Setting(
        default=0.05, ge=0, le=0.5, description="largest shift, as part of the tile's side"
    )
    gain: float = Setting(
        default=0.25, ge=0, lt=1, description="largest change of a channel's brightness, as part of 1"
    )
    contrast: float = Setting(
        default=0.15, ge=0, lt=1, description="largest change of contrast, as part of 1"
    )
    blur_sigma: float = Setting(default=0.7, ge=0, le=5, description="largest sigma of a Gaussian blur in px")
    noise: float = Setting(
        default=0.02, ge=0, le=0.5, description="largest standard deviation of noise, 1 = full scale"
    )


class Augmentation:
    """Change one tile at a time; the same tile, settings and seed give the same result, in any thread.

    A channel stays that channel: channels get gains of their own, but are never mixed or exchanged.

    Parameters
    ----------
    settings
        How much is changed.
    """

    def __init__(self, settings: AugmentSettings) -> None:
        self._settings = settings
        self._local = threading.local()

    def __call__(self, tile: NDArray[np.uint8], seed: int) -> NDArray[np.uint8]:
        """Change a tile (S, S, C) uint8; the result has its shape and type."""
        pipeline = self._pipeline()
        pipeline.set_random_seed(seed)
        return np.ascontiguousarray(pipeline(image=tile)["image"])

    def _pipeline(self) -> transforms.Compose:
        # A pipeline carries its random state, so each thread has its own.
        pipeline = getattr(self._local, "pipeline", None)
        if pipeline is None:
            pipeline = transforms.Compose(_list_transforms(self._settings), p=self._settings.probability)
            self._local.pipeline = pipeline
        return pipeline


def _list_transforms(
    settings: AugmentSettings,
) -> list[transforms.BasicTransform | transforms.BaseCompose]:
    chosen: list[transforms.BasicTransform | transforms.BaseCompose] = [transforms.D4(p=1.0)]
    if settings.rotate or settings.scale > 1 or settings.shift:
        affine = transforms.Affine(
            scale=(1 / settings.scale, settings.scale),
            rotate=(-45, 45) if settings.rotate else 0,
            translate_percent=(-settings.shift, settings.shift),
            keep_ratio=True,
            p=0.75,
        )
        chosen.append(affine)
    if settings.gain:
        gains = (1 - settings.gain, 1 + settings.gain)
        chosen.append(transforms.MultiplicativeNoise(multiplier=gains, per_channel=True, p=0.8))
    if settings.contrast:
        limit = (-settings.contrast, settings.contrast)
        chosen.append(transforms.RandomBrightnessContrast(brightness_limit=0, contrast_limit=limit, p=0.5))
    if settings.blur_sigma:
        sigmas = (min(0.1, settings.blur_sigma), settings.blur_sigma)
        chosen.append(transforms.GaussianBlur(blur_limit=0, sigma_limit=sigmas, p=0.2))
    if settings.noise:
        deviations = (0.0, settings.noise)
        chosen.append(transforms.GaussNoise(std_range=deviations, noise_scale_factor=0.5, p=0.2))
    return chosen


def augment_tiles(
    tiles: NDArray[np.uint8], seeds: Sequence[int], augmentation: Augmentation
) -> NDArray[np.uint8]:
    """Change each of some tiles, (n, S, S, C) uint8, by its own seed."""
    changed = np.empty_like(tiles)
    for row, (tile, seed) in enumerate(zip(tiles, seeds, strict=True)):
        changed[row] = augmentation(tile, seed)
    return changed
