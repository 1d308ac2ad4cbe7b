"""Groups of images that belong together: a mosaic's cells, a protein's images, near duplicates."""

import numpy as np
from numpy.typing import NDArray

from data.components import label_components


def join_groups(count: int, *groupings: NDArray[np.integer]) -> NDArray[np.intp]:
    """Join the images that share a group in any of several groupings, directly or by way of others.

    Parameters
    ----------
    count
        How many images there are.
    groupings
        (count,) number of each image's group; below 0 for one that is alone there. The same number in two
        groupings means two groups.

    Returns
    -------
    ndarray (count,)
        The first image of the joint group of each.
    """
    images, groups, nodes = [np.empty(0, np.intp)], [np.empty(0, np.intp)], count
    for grouping in groupings:
        numbers, places, sizes = np.unique(grouping, return_inverse=True, return_counts=True)
        # Groups of one image, which most are where each is its own, join nothing.
        joins = (numbers >= 0) & (sizes > 1)
        linked = np.flatnonzero(joins[places])
        images.append(linked)
        groups.append(nodes + (np.cumsum(joins) - 1)[places[linked]])
        nodes += int(joins.sum())
    if nodes == count:
        return np.arange(count)
    components = label_components(nodes, np.concatenate(images), np.concatenate(groups))[:count]
    _, first, places = np.unique(components, return_index=True, return_inverse=True)
    return first[places]
