"""The grid of thresholds of Zhang et al. (2021), BMC Bioinformatics 22 (S3), and the best one for all."""

import numpy as np
from numpy.typing import NDArray
from pydantic import Field as Setting
from pydantic import model_validator

from data.settings import Settings
from data.thresholds.f1_curve import choose_nearest, make_grid, measure_f1_curves


class ThresholdGrid(Settings):
    """Base of the settings of a search on a coarse grid: 0.1 to 0.9 by 0.05, as in the paper."""

    least: float = Setting(default=0.1, ge=0, le=1, description="lowest threshold that is tried")
    most: float = Setting(default=0.9, ge=0, le=1, description="highest threshold that is tried")
    step: float = Setting(default=0.05, gt=0, le=1, description="from one threshold to the next")

    @model_validator(mode="after")
    def _check_order(self) -> "ThresholdGrid":
        if self.least > self.most:
            message = f"least must not be above most ({self.most})"
            raise ValueError(message)
        return self

    def measure(
        self, probabilities: NDArray[np.floating], positive: NDArray[np.bool_]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
        """Return the grid, the F1 curves of the classes, and the best threshold for all of them."""
        grid = make_grid(self.least, self.most, self.step)
        curves = measure_f1_curves(probabilities, positive, grid)
        macro = curves[:, positive.any(axis=0)].mean(axis=1, keepdims=True)
        return grid, curves, float(choose_nearest(macro, grid)[0])
