"""A sample of cells that is spread evenly over their classes."""

import numpy as np
from numpy.typing import NDArray


def draw_evenly(classes: NDArray[np.integer], count: int, seed: int) -> NDArray[np.intp]:
    """Draw cells so that no class has more than another, unless that other has no more to give.

    Parameters
    ----------
    classes
        (N,) class of each cell.
    count
        How many to draw; all where there are no more.
    seed
        Of the random numbers.

    Returns
    -------
    ndarray (n,)
        Places in ``classes``, ascending.
    """
    random = np.random.default_rng(seed)
    groups = [random.permutation(np.flatnonzero(classes == label)) for label in np.unique(classes)]
    drawn: list[NDArray[np.intp]] = []
    left = count
    # The smallest first: what it leaves of its share goes to the others.
    for number, group in enumerate(sorted(groups, key=len)):
        share = left // (len(groups) - number)
        drawn.append(group[:share])
        left -= len(drawn[-1])
    return np.sort(np.concatenate([np.empty(0, np.intp), *drawn]))
