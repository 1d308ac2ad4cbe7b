"""Batches of features that were computed before, in place of batches of tiles."""

import time
from collections.abc import Generator, Sequence

import numpy as np
from numpy.typing import NDArray

from data.augment.augmentation import Augmentation
from data.tiles.batch_loader import Batch, divide_batch


class FeatureLoader:
    """Read batches of features; it is used as a `BatchLoader` is, and yields the same items in order.

    Parameters
    ----------
    arrays
        Features (n, F) float32 each, mostly mapped from disk.
    sources, rows
        (items,) each: item i has the features ``arrays[sources[i]][rows[i]]``.

    Attributes
    ----------
    wait_seconds
        Time that the consumer has waited for batches so far.
    """

    def __init__(
        self,
        arrays: Sequence[NDArray[np.float32]],
        sources: NDArray[np.integer],
        rows: NDArray[np.integer],
    ) -> None:
        self._arrays, self._sources, self._rows = arrays, np.asarray(sources), np.asarray(rows)
        self.wait_seconds = 0.0

    def __len__(self) -> int:
        """Count the items."""
        return len(self._rows)

    def select(self, items: NDArray[np.integer]) -> "FeatureLoader":
        """Return a loader of some of the items, numbered anew."""
        return FeatureLoader(self._arrays, self._sources[items], self._rows[items])

    def batches(
        self,
        plan: Sequence[NDArray[np.intp]],
        *,
        start: int = 0,
        augmentation: Augmentation | None = None,
        seed: Sequence[int] = (0,),
        part: tuple[int, int] = (0, 1),
    ) -> Generator[Batch, None, None]:
        """Yield the batches of a plan, from number ``start`` on, in order; as `BatchLoader.batches`.

        Yields
        ------
        Batch
            Its tiles are (n, 1, 1, F) float32: tiles of one pixel whose channels are the features.

        Raises
        ------
        ValueError
            Features are to be changed as tiles are.
        """
        if augmentation is not None:
            message = "features cannot be changed as tiles are"
            raise ValueError(message)
        for whole in plan[start:]:
            started = time.perf_counter()
            items = divide_batch(whole, part)
            features = self._read(items)
            self.wait_seconds += time.perf_counter() - started
            yield Batch(items, features[:, None, None, :])

    def _read(self, items: NDArray[np.intp]) -> NDArray[np.float32]:
        features = np.empty((len(items), self._arrays[0].shape[1]), np.float32)
        sources, rows = self._sources[items], self._rows[items]
        for number, array in enumerate(self._arrays):
            features[sources == number] = array[rows[sources == number]]
        return features
