"""No changes at all."""

from typing import Literal

from data.augment.library import Transform
from data.settings import Settings


class NoAugmentation(Settings):
    """Tiles as they are."""

    kind: Literal["none"] = "none"

    @property
    def probability(self) -> float:
        """Part of the tiles that are changed: none."""
        return 0.0

    def list_transforms(self, size: int) -> list[Transform]:
        """List no changes."""
        return []
