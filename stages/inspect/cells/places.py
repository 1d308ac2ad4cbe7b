"""Where each cell of the cells table is shown in a report."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Places:
    """Where cells are shown.

    Attributes
    ----------
    page
        (n,) int32: number of the field or group of each row of the cells table, from 1; 0 for none.
    number
        (n,) int32: its number there, from 1.
    """

    page: NDArray[np.int32]
    number: NDArray[np.int32]

    @property
    def shown(self) -> NDArray[np.intp]:
        """Rows of the cells that are shown."""
        return np.flatnonzero(self.page)

    def without(self, pages: Iterable[int]) -> "Places":
        """Return the places without the cells of some pages, which could not be shown."""
        gone = np.isin(self.page, list(pages))
        return Places(np.where(gone, 0, self.page).astype(np.int32), self.number)

    def refer(self, row: int) -> list[int]:
        """Return page and number of a row, as the pages' data name a cell."""
        return [int(self.page[row]), int(self.number[row])]
