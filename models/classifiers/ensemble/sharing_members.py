"""Classifiers that share tiles, as one network that another process can load and run."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from data.tiles.batch_loader import Batch
from models.classifiers.ensemble.members import Member
from models.classifiers.inference import average_predictions
from models.classifiers.runtimes.batch_runtime import BatchRuntime

Said = tuple[NDArray[np.float32], NDArray[np.float32], frozenset[str]]
"""Of n cells (n, classes) probabilities and (n, E) embedding, and in what the networks were computed."""


class SharingMembers:
    """Predicts batches with the mean over some classifiers, which are loaded when they are needed.

    It can be pickled before that.

    Parameters
    ----------
    members
        The classifiers.
    open_member
        Makes the runtime of one.
    symmetries
        As in `models.classifiers.inference.predict_tiles`.
    """

    def __init__(
        self,
        members: Sequence[Member],
        open_member: Callable[[Member], BatchRuntime],
        symmetries: bool | None,
    ) -> None:
        self._members, self._open_member, self._symmetries = members, open_member, symmetries
        self._runtimes: list[BatchRuntime] = []

    def prepare(self, calls: int = 1) -> None:
        """Load the classifiers; they take one call at a time."""
        if not self._runtimes:
            self._runtimes = [self._open_member(member) for member in self._members]

    def __call__(self, batch: Batch) -> Said:
        """Return what the classifiers say of the tiles of a batch."""
        self.prepare()
        calibrations = [member.calibration for member in self._members]
        averaged = average_predictions(self._runtimes, batch.tiles, self._symmetries, calibrations)
        return *averaged, frozenset(runtime.identity() for runtime in self._runtimes)


class Infer(Protocol):
    """Runs a network on batches elsewhere."""

    def __call__(
        self,
        network: SharingMembers,
        read: Callable[[NDArray[np.intp]], Batch],
        items: Iterable[NDArray[np.intp]],
    ) -> Iterator[tuple[NDArray[np.intp], Any]]:
        """Yield the items of each batch with what the network makes of it, in their order."""
        ...
