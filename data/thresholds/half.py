"""One half for every class."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from data.settings import Settings


class HalfThresholds(Settings):
    """0.5 for every class: nothing is searched."""

    kind: Literal["half"] = "half"

    def search(
        self, probabilities: NDArray[np.floating], positive: NDArray[np.bool_]
    ) -> tuple[float, NDArray[np.float64]]:
        """Return the threshold for all classes, and one a class, (C,)."""
        return 0.5, np.full(positive.shape[1], 0.5)
