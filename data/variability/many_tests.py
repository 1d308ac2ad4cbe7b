"""Many tests at once: of all images and classes, and of the images of a protein."""

import numpy as np
from numpy.typing import NDArray
from scipy import stats


def adjust_p_values(p_values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the q-values of Benjamini and Hochberg (1995) of p-values of any shape; NaN stays, uncounted."""
    adjusted = np.full(p_values.shape, np.nan)
    tested = np.isfinite(p_values)
    if tested.any():
        adjusted[tested] = stats.false_discovery_control(p_values[tested], method="bh")
    return adjusted


def join_p_values(
    p_values: NDArray[np.floating], groups: NDArray[np.integer], count: int
) -> NDArray[np.float64]:
    """Return the p-value of each group by Simes (1986): that no test of the group's has anything to find.

    Parameters
    ----------
    p_values
        (n,) NaN for what was not tested.
    groups
        (n,) 0..count - 1; -1 for none.
    count
        Groups.

    Returns
    -------
    ndarray (count,)
        NaN for a group without a test. Simes' is valid for tests that are independent or depend on each other
        positively, as those of images of one protein.
    """
    joined = np.full(count, np.nan)
    used = np.flatnonzero(np.isfinite(p_values) & (groups >= 0))
    if not len(used):
        return joined
    order = used[np.lexsort((p_values[used], groups[used]))]
    members = groups[order]
    sizes = np.bincount(members, minlength=count)
    starts = np.cumsum(sizes) - sizes
    ranks = np.arange(len(order)) - starts[members] + 1
    there = sizes > 0
    joined[there] = np.minimum.reduceat(p_values[order] * sizes[members] / ranks, starts[there])
    return joined
