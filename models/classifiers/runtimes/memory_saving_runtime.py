"""A classifier's runtime that takes fewer tiles at a time where memory is short."""

import logging

import numpy as np
import torch
from numpy.typing import NDArray

from models.classifiers.classifier import Classifier, Scores
from models.classifiers.runtimes.batch_runtime import BatchRuntime
from models.memory import explain_out_of_memory, free_memory, is_out_of_memory

log = logging.getLogger("hpacells")


class MemorySavingRuntime:
    """Implements `BatchRuntime` by another, on fewer tiles at a time where memory is short.

    A batch that does not fit is run in halves, as are all after it; the results are the same.

    Parameters
    ----------
    runtime
        What runs the batches.
    what
        Names the tiles in messages, such as "the held-out cells".
    level
        Of the message that says that batches are made smaller, as in ``logging``.
    max_tiles
        Tiles at a time from the start; None: as many as a batch has.
    """

    def __init__(
        self,
        runtime: BatchRuntime,
        what: str,
        level: int = logging.WARNING,
        *,
        max_tiles: int | None = None,
    ) -> None:
        self._runtime, self._what, self._level = runtime, what, level
        self._max_tiles = max_tiles

    @property
    def classifier(self) -> Classifier:
        """Return the classifier that it runs."""
        return self._runtime.classifier

    def identity(self) -> str:
        """Return in what the network is computed; as `BatchRuntime.identity`."""
        return self._runtime.identity()

    def __call__(self, tiles: NDArray[np.uint8]) -> Scores:
        """Score a batch (N, S, S, C) uint8; as `BatchRuntime.__call__`.

        Raises
        ------
        InputError
            The memory is too small even for one tile.
        """
        scored: list[Scores] = []
        start = 0
        while start < len(tiles):
            batch = tiles[start : start + (self._max_tiles or len(tiles))]
            scores = self._try(batch)
            if scores is None:
                free_memory()
                self._halve(len(batch))
            else:
                scored.append(scores)
                start += len(batch)
        if len(scored) == 1:
            return scored[0]
        return Scores(*(torch.cat(each) for each in zip(*scored, strict=True)))

    def _try(self, tiles: NDArray[np.uint8]) -> Scores | None:
        """Score tiles; None where memory is too small, with nothing left that refers to its tensors."""
        try:
            return self._runtime(tiles)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
        return None

    def _halve(self, tiles: int) -> None:
        if tiles == 1:
            raise explain_out_of_memory(
                1, self._what, advice="free memory, or take another machine or a classifier of smaller tiles"
            )
        self._max_tiles = -(-tiles // 2)
        log.log(
            self._level,
            "not enough memory for %d tiles at a time: %s are taken %d at a time from here on",
            tiles,
            self._what,
            self._max_tiles,
        )
