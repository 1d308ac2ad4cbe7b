"""Bootstrap samples of images, and the intervals that they give."""

import numpy as np
from numpy.typing import NDArray


def draw_samples(images: int, samples: int, seed: int) -> NDArray[np.int64]:
    """Draw samples of images with replacement: how often each sample has each image, (samples, images)."""
    rng = np.random.default_rng(seed)
    return rng.multinomial(images, np.full(images, 1 / images), size=samples)


def find_interval(values: NDArray[np.float64]) -> tuple[float, float]:
    """Return the middle 95 % of the values of bootstrap samples, by percentiles; NaN where there is none."""
    known = values[np.isfinite(values)]
    if not len(known):
        return float("nan"), float("nan")
    low, high = np.percentile(known, [2.5, 97.5])
    return float(low), float(high)
