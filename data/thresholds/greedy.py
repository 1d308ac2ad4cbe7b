"""A threshold a class by the greedy search of Zhang et al. (2021), BMC Bioinformatics 22 (S3)."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from data.thresholds.f1_curve import choose_nearest
from data.thresholds.threshold_grid import ThresholdGrid


class GreedyThresholds(ThresholdGrid):
    """From the best single threshold on, class by class, in one pass.

    A class gets the threshold of the grid with which macro F1 is highest while those of the others are
    fixed. As macro F1 is a mean over classes and none depends on another's threshold, that is the one with
    the highest F1 of the class, in whatever order the classes come. Of equally good ones it is that nearest
    to the best single one, where the search starts.
    """

    kind: Literal["greedy"] = "greedy"

    def search(
        self, probabilities: NDArray[np.floating], positive: NDArray[np.bool_]
    ) -> tuple[float, NDArray[np.float64]]:
        """Return the threshold for all classes, and one a class, (C,)."""
        grid, curves, single = self.measure(probabilities, positive)
        return single, choose_nearest(curves, grid, single)
