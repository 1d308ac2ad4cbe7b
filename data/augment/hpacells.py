"""The set of the default recipe."""

from typing import TYPE_CHECKING, Literal

from pydantic import Field as Setting

from data.augment.augmentation_set import AugmentationSet

if TYPE_CHECKING:
    from data.augment.library import Transform


class HpacellsAugmentation(AugmentationSet):
    """Symmetries of the square, rotation, scale and shift; gains a channel, contrast, blur and noise."""

    kind: Literal["hpacells"] = "hpacells"
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

    def list_transforms(self, size: int) -> "list[Transform]":
        """List the changes in the order in which they are made."""
        return [*self._changes_of_place(), *self._changes_of_light()]

    def _changes_of_place(self) -> "list[Transform]":
        from data.augment.library import transforms

        chosen: list[Transform] = [transforms.D4(p=1.0)]
        if self.rotate or self.scale > 1 or self.shift:
            affine = transforms.Affine(
                scale=(1 / self.scale, self.scale),
                rotate=(-45, 45) if self.rotate else 0,
                translate_percent=(-self.shift, self.shift),
                keep_ratio=True,
                p=0.75,
            )
            chosen.append(affine)
        return chosen

    def _changes_of_light(self) -> "list[Transform]":
        from data.augment.library import transforms

        chosen: list[Transform] = []
        if self.gain:
            gains = (1 - self.gain, 1 + self.gain)
            chosen.append(transforms.MultiplicativeNoise(multiplier=gains, per_channel=True, p=0.8))
        if self.contrast:
            limit = (-self.contrast, self.contrast)
            contrast = transforms.RandomBrightnessContrast(brightness_limit=0, contrast_limit=limit, p=0.5)
            chosen.append(contrast)
        if self.blur_sigma:
            sigmas = (min(0.1, self.blur_sigma), self.blur_sigma)
            chosen.append(transforms.GaussianBlur(blur_limit=0, sigma_limit=sigmas, p=0.2))
        if self.noise:
            deviations = (0.0, self.noise)
            chosen.append(transforms.GaussNoise(std_range=deviations, noise_scale_factor=0.5, p=0.2))
        return chosen
