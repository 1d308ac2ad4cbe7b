"""The centroid of a mask, from its run lengths alone."""

import numpy as np
from numpy.typing import NDArray


def find_centroid(runs: NDArray[np.int64], height: int) -> tuple[float, float]:
    """Return the mean x and y of a mask's pixels, whose middles are at whole numbers, px; NaN if it is empty.

    Parameters
    ----------
    runs
        (n,) lengths of its runs, column-major, zeros first.
    height
        Of the image.
    """
    stops = np.cumsum(runs)
    starts, stops = stops[:-1:2], stops[1::2]
    area = int((stops - starts).sum())
    if not area:
        return float("nan"), float("nan")
    sums = [
        column - before
        for column, before in zip(_sum_up(stops, height), _sum_up(starts, height), strict=True)
    ]
    return float(sums[0].sum()) / area, float(sums[1].sum()) / area


def _sum_up(pixels: NDArray[np.int64], height: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the sums of x, and of y, over all pixels before some: runs may go over several columns."""
    x, y = np.divmod(pixels, height)
    return height * (x * (x - 1) // 2) + x * y, x * (height * (height - 1) // 2) + y * (y - 1) // 2
