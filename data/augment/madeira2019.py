"""The set of Madeira and Parreira (2019), section 2.1: one of seven changes a tile.

The paper's words and figures are those of the example in the documentation of imgaug; the ranges that it
leaves open (sides, noise, affine) are taken from there. The paper changes copies of rare samples; here each
tile may be changed each time that it is trained on. Contrast is around each channel's mean, for imgaug's
fixed grey would light up empty channels.
"""

from typing import TYPE_CHECKING, Literal

from pydantic import Field as Setting

from data.augment.augmentation_set import AugmentationSet

if TYPE_CHECKING:
    from data.augment.library import Transform


class Madeira2019Augmentation(AugmentationSet):
    """One of: mirroring, blur, cropped sides, contrast, white noise, brightness, affine transformation."""

    kind: Literal["madeira2019"] = "madeira2019"
    mirror: float = Setting(default=0.5, ge=0, le=1, description="probability of mirroring, where chosen")
    blur: float = Setting(default=0.5, ge=0, le=1, description="probability of a blur, where chosen")
    blur_sigma: float = Setting(default=0.5, gt=0, le=5, description="largest sigma of the blur in px")
    sides: float = Setting(default=0.1, gt=0, le=0.4, description="most that is cut off each side, as part")
    contrast: float = Setting(default=0.5, gt=0, lt=1, description="largest change of contrast, as part of 1")
    noise: float = Setting(
        default=0.05, gt=0, le=0.5, description="largest standard deviation of noise, 1 = full scale"
    )
    brightness: float = Setting(
        default=0.2, gt=0, lt=1, description="largest change of brightness, as part of 1"
    )
    brightness_per_channel: float = Setting(
        default=0.2, ge=0, le=1, description="probability of a factor for each channel, where chosen"
    )
    scale: float = Setting(default=0.2, ge=0, lt=1, description="largest change of size, as part of 1")
    shift: float = Setting(default=0.2, ge=0, le=0.5, description="largest shift, as part of the side")
    angle: float = Setting(default=25.0, ge=0, le=180, description="largest rotation in degrees")
    shear: float = Setting(default=8.0, ge=0, le=45, description="largest shear in degrees")

    def list_transforms(self, size: int) -> "list[Transform]":
        """List one change: one of the seven, each as probable as the others."""
        from data.augment.channel_contrast import ChannelContrast
        from data.augment.library import transforms

        # A group of one keeps the change's own probability, which would weigh the choice otherwise.
        alone = [
            [transforms.HorizontalFlip(p=self.mirror)],
            [transforms.GaussianBlur(blur_limit=0, sigma_limit=(0.0, self.blur_sigma), p=self.blur)],
            [transforms.CropAndPad(percent=[-self.sides, 0.0], p=1.0)],
            [ChannelContrast(1 - self.contrast, 1 + self.contrast, p=1.0)],
            [self._noise()],
            [self._brightness()],
            [self._affine()],
        ]
        return [transforms.OneOf([transforms.Sequential(change, p=1.0) for change in alone], p=1.0)]

    def _noise(self) -> "Transform":
        from data.augment.library import transforms

        return transforms.OneOf(
            [
                transforms.GaussNoise(std_range=(0.0, self.noise), per_channel=own, p=1.0)
                for own in (False, True)
            ],
            p=1.0,
        )

    def _brightness(self) -> "Transform":
        from data.augment.library import transforms

        factors = (1 - self.brightness, 1 + self.brightness)
        own = self.brightness_per_channel
        return transforms.OneOf(
            [
                transforms.MultiplicativeNoise(multiplier=factors, per_channel=True, p=own),
                transforms.MultiplicativeNoise(multiplier=factors, per_channel=False, p=1 - own),
            ],
            p=1.0,
        )

    def _affine(self) -> "Transform":
        from data.augment.library import transforms

        return transforms.Affine(
            scale=(1 - self.scale, 1 + self.scale),
            translate_percent=(-self.shift, self.shift),
            rotate=(-self.angle, self.angle),
            shear=(-self.shear, self.shear),
            p=1.0,
        )
