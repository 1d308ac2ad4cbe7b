"""Where the labels of a label image meet, and labels that are one."""

from typing import NamedTuple

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


class Contacts(NamedTuple):
    """Pairs of labels that share an edge of a pixel.

    Attributes
    ----------
    first, second
        (k,) the lower and the higher number of each pair.
    length_px
        (k,) edges that they share.
    height
        (k,) mean of an image along these edges.
    """

    first: np.ndarray
    second: np.ndarray
    length_px: np.ndarray
    height: np.ndarray


def find_contacts(labels: np.ndarray, image: np.ndarray) -> Contacts:
    """Find where labels meet, and what an image shows there.

    Parameters
    ----------
    labels
        (h, w) int32 label image, 0 = background.
    image
        (h, w) float32.
    """
    count = int(labels.max(initial=0)) + 1
    keys, heights = [], []
    for here, there in ((np.s_[:-1], np.s_[1:]), (np.s_[:, :-1], np.s_[:, 1:])):
        a, b = labels[here], labels[there]
        meet = (a != b) & (a > 0) & (b > 0)
        low, high = np.minimum(a[meet], b[meet]), np.maximum(a[meet], b[meet])
        keys.append(low.astype(np.int64) * count + high)
        heights.append((image[here][meet] + image[there][meet]) / 2)
    pairs, place, length = np.unique(np.concatenate(keys), return_inverse=True, return_counts=True)
    height = np.bincount(place, weights=np.concatenate(heights), minlength=pairs.size) / np.maximum(length, 1)
    return Contacts(*np.divmod(pairs, count), length, height)


def join_pairs(first: np.ndarray, second: np.ndarray, count: int) -> np.ndarray:
    """Return a table from each number 0..count-1 to the lowest number to which pairs join it."""
    graph = coo_array((np.ones(len(first)), (first, second)), shape=(count, count))
    groups = connected_components(graph, directed=False)[1]
    lowest = np.full(count, count)
    np.minimum.at(lowest, groups, np.arange(count))
    return lowest[groups]
