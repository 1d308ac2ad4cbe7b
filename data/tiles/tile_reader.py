"""What a source of single-cell tiles offers, on disk or in memory."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class TileReader(Protocol):
    """Returns tiles and masks by row number."""

    def __len__(self) -> int:
        """Count the rows."""
        ...

    def read(self, rows: NDArray[np.integer], channels: Sequence[str]) -> NDArray[np.uint8]:
        """Read some tiles and of them some channels, (n, C, 256, 256) uint8."""
        ...

    def cell_masks(self, rows: NDArray[np.integer]) -> NDArray[np.bool_]:
        """Read the cells' own masks in their tiles, (n, 256, 256) bool."""
        ...

    def nucleus_masks(self, rows: NDArray[np.integer]) -> NDArray[np.bool_]:
        """Read the nuclei's masks in the tiles, (n, 256, 256) bool."""
        ...
