"""What every set of changes shares."""

from abc import abstractmethod
from typing import TYPE_CHECKING

from pydantic import Field as Setting

from data.settings import Settings

if TYPE_CHECKING:
    from data.augment.library import Transform


class AugmentationSet(Settings):
    """Base of the settings of a set of changes."""

    probability: float = Setting(
        default=1.0, ge=0, le=1, description="part of the tiles that are changed at all"
    )

    @abstractmethod
    def list_transforms(self, size: int) -> "list[Transform]":
        """List the changes in the order in which they are made.

        No change may carry anything from one channel to another.

        Parameters
        ----------
        size
            Side of the tiles in px; every change keeps it.
        """
