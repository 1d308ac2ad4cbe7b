"""Whether the cells of an image show the same classes."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

_BINS = 10
_DIGITS = 4


class Agreement:
    """Find which share of an image's cells has a class, over the images of two cells or more with any.

    Where each cell is an image of its own, as pre-cropped ones are, their groups are taken for images.

    Parameters
    ----------
    classes
        How many there are.
    """

    def __init__(self, classes: int) -> None:
        self._shares: list[list[NDArray[np.float64]]] = [[] for _ in range(classes)]
        # Needed as long as no image has a second cell.
        self._alone: list[tuple[NDArray[np.object_], NDArray[np.bool_]]] | None = []

    def add(
        self, image_ids: NDArray[np.object_], groups: NDArray[np.object_], has: NDArray[np.bool_]
    ) -> None:
        """Take the cells of some images, all of each.

        Parameters
        ----------
        image_ids, groups
            (n,) of each cell.
        has
            (n, classes) which classes it has.
        """
        _take_shares(self._shares, image_ids, has)
        if self._alone is None or len(set(image_ids.tolist())) < len(image_ids):
            self._alone = None
        else:
            self._alone.append((groups, has))

    def describe(self) -> list[dict[str, Any] | None]:
        """Return of each class the number of images, the mean share and its histogram; None for no image."""
        shares = self._shares
        if self._alone:
            shares = [[] for _ in shares]
            groups, has = (np.concatenate(parts) for parts in zip(*self._alone, strict=True))
            _take_shares(shares, groups, has)
        return [_describe(np.concatenate([np.empty(0), *parts])) for parts in shares]


def _take_shares(
    shares: list[list[NDArray[np.float64]]], image_ids: NDArray[np.object_], has: NDArray[np.bool_]
) -> None:
    images = pd.factorize(image_ids)[0]
    cells = np.bincount(images)
    for label, parts in enumerate(shares):
        found = np.bincount(images, weights=has[:, label], minlength=len(cells))
        counted = (cells > 1) & (found > 0)
        if counted.any():
            parts.append(found[counted] / cells[counted])


def _describe(shares: NDArray[np.float64]) -> dict[str, Any] | None:
    if not len(shares):
        return None
    bins = np.minimum((shares * _BINS).astype(int), _BINS - 1)
    return {
        "images": len(shares),
        "mean": round(float(shares.mean()), _DIGITS),
        "bins": np.bincount(bins, minlength=_BINS),
    }
