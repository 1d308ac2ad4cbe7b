"""What a comparison of segmenters asks of the two that it compares."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from data.fields.field import Field


class CellSource(Protocol):
    """A source of the cells of a field; called from any thread."""

    @property
    def name(self) -> str:
        """What the user calls it."""
        ...

    def identity(self) -> str:
        """Return one line that changes whenever its cells would."""
        ...

    def prepare(self, workers: int) -> None:
        """Load what it needs for so many calls at a time."""
        ...

    def find_cells(self, field: Field) -> NDArray[np.uint16]:
        """Return the label image (H, W) of a field's cells."""
        ...
