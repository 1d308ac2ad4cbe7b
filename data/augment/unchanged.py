"""No changes at all."""

from typing import TYPE_CHECKING, Literal

from data.settings import Settings

if TYPE_CHECKING:
    from data.augment.library import Transform


class NoAugmentation(Settings):
    """Tiles as they are."""

    kind: Literal["none"] = "none"

    @property
    def probability(self) -> float:
        """Part of the tiles that are changed: none."""
        return 0.0

    def list_transforms(self, size: int) -> "list[Transform]":
        """List no changes."""
        return []
