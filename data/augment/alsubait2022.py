"""The set of Alsubait et al. (2022), Applied Sciences 12:11587, section 4.

The paper names the changes and the probability 0.5 of the flips; all other figures are ours: 0.5 where a
change is made or not, as the library that the paper names (Albumentations) has it unless it is told
otherwise, and moderate ranges.
"""

from typing import TYPE_CHECKING, Literal

from pydantic import Field as Setting

from data.augment.augmentation_set import AugmentationSet

if TYPE_CHECKING:
    from data.augment.library import Transform


class Alsubait2022Augmentation(AugmentationSet):
    """Random-size crop, flips, transposition, cutout and, for the shift of hue, gains a channel."""

    kind: Literal["alsubait2022"] = "alsubait2022"
    crop: float = Setting(default=0.5, ge=0, le=1, description="probability of a crop of random size")
    least_crop: float = Setting(
        default=0.7, gt=0, le=1, description="side of the smallest crop, as part of the tile's side"
    )
    flip: float = Setting(default=0.5, ge=0, le=1, description="probability of each of the two flips")
    transpose: float = Setting(default=0.5, ge=0, le=1, description="probability of exchanging rows, columns")
    cutout: float = Setting(default=0.5, ge=0, le=1, description="probability of cutting parts out")
    holes: int = Setting(default=4, ge=1, le=100, description="most parts that are cut out")
    largest_hole: float = Setting(
        default=0.2, gt=0, lt=1, description="side of the largest of them, as part of the tile's side"
    )
    hue: float = Setting(default=0.5, ge=0, le=1, description="probability of gains a channel")
    gain: float = Setting(
        default=0.2, ge=0, le=0.5, description="largest gain before their mean is made 1, as part of 1"
    )

    def list_transforms(self, size: int) -> "list[Transform]":
        """List the changes in the order of the paper."""
        from data.augment.channel_gains import ChannelGains
        from data.augment.library import transforms

        smallest = max(1, round(self.least_crop * size))
        sides = (self.largest_hole / 4, self.largest_hole)
        return [
            transforms.RandomSizedCrop(min_max_height=(smallest, size), size=(size, size), p=self.crop),
            transforms.HorizontalFlip(p=self.flip),
            transforms.VerticalFlip(p=self.flip),
            transforms.Transpose(p=self.transpose),
            transforms.CoarseDropout(
                num_holes_range=(1, self.holes),
                hole_height_range=sides,
                hole_width_range=sides,
                fill=0,
                fill_mask=0,
                p=self.cutout,
            ),
            ChannelGains(self.gain, p=self.hue),
        ]
