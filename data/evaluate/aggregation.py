"""From cells to their images, and from images to their proteins."""

from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

How = Literal["union", "mean"]
"""What a group has of its members: the highest value (all that any of them has), or the mean."""


Name = TypeVar("Name", bound=np.generic)
"""What groups are called by: texts, or numbers."""


def aggregate(
    values: NDArray[np.floating | np.bool_], groups: NDArray[Name], how: How
) -> tuple[NDArray[Name], NDArray[np.float64]]:
    """Aggregate the values of the members of each group.

    Parameters
    ----------
    values
        (n, C): probabilities, or bool decisions (then the mean is the part of members that have the class).
    groups
        (n,) name of each member's group.
    how
        "union" (maximum; jain2021: an image has the labels of all its cells) or "mean".

    Returns
    -------
    tuple
        Names of the groups, (m,), sorted, and their values, (m, C) float64.
    """
    names, members = np.unique(groups, return_inverse=True)
    if not len(names):
        return names, np.zeros((0, values.shape[1]))
    order = np.argsort(members, kind="stable")
    starts = np.searchsorted(members[order], np.arange(len(names)))
    if how == "union":
        return names, np.maximum.reduceat(values[order], starts, axis=0).astype(np.float64)
    sums = np.add.reduceat(values[order].astype(np.float64), starts, axis=0)
    return names, sums / np.bincount(members)[:, None]
