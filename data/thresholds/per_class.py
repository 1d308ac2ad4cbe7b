"""A threshold a class on a fine grid: Madeira and Parreira (2019), section 3.1."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field as Setting

from data.settings import Settings
from data.thresholds.f1_curve import choose_nearest, make_grid, measure_f1_curves


class PerClassThresholds(Settings):
    """The threshold from 0 to 1 with the highest F1 score of the class; of equally good ones, nearest to 0.5.

    The paper's search leaves 0 (always found) for a class that validation lacks, and sees that this is a
    fault; here such a class gets the best single threshold of the same grid.
    """

    kind: Literal["per-class"] = "per-class"
    step: float = Setting(default=0.001, gt=0, le=0.5, description="from one threshold to the next")

    def search(
        self, probabilities: NDArray[np.floating], positive: NDArray[np.bool_]
    ) -> tuple[float, NDArray[np.float64]]:
        """Return the threshold for all classes, and one a class, (C,)."""
        grid = make_grid(0.0, 1.0, self.step)
        curves = measure_f1_curves(probabilities, positive, grid)
        macro = curves[:, positive.any(axis=0)].mean(axis=1, keepdims=True)
        return float(choose_nearest(macro, grid)[0]), choose_nearest(curves, grid)
