"""The set of Elnashar and Abd El Azim (2022): rotation and mirroring, of which the paper states no more."""

from typing import TYPE_CHECKING, Literal

from pydantic import Field as Setting

from data.augment.augmentation_set import AugmentationSet

if TYPE_CHECKING:
    from data.augment.library import Transform


class RotateMirrorAugmentation(AugmentationSet):
    """Rotation by an angle, corners filled with black, and mirroring left to right."""

    kind: Literal["rotate-mirror"] = "rotate-mirror"
    angle: float = Setting(default=180.0, gt=0, le=180, description="largest angle either way in degrees")
    mirror: float = Setting(default=0.5, ge=0, le=1, description="probability of mirroring")

    def list_transforms(self, size: int) -> "list[Transform]":
        """List the changes in the order in which they are made."""
        from data.augment.library import transforms

        rotation = transforms.Affine(rotate=(-self.angle, self.angle), p=1.0)
        return [transforms.HorizontalFlip(p=self.mirror), rotation]
