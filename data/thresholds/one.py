"""One threshold for all classes, the first step of Zhang et al. (2021), BMC Bioinformatics 22 (S3)."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from data.thresholds.threshold_grid import ThresholdGrid


class OneThreshold(ThresholdGrid):
    """The threshold of a grid, the same for all classes, with the highest macro F1 score.

    Of equally good ones it is that nearest to 0.5, and of two equally near ones the lower.
    """

    kind: Literal["one"] = "one"

    def search(
        self, probabilities: NDArray[np.floating], positive: NDArray[np.bool_]
    ) -> tuple[float, NDArray[np.float64]]:
        """Return the threshold for all classes, and the same one a class, (C,)."""
        _, _, single = self.measure(probabilities, positive)
        return single, np.full(positive.shape[1], single)
