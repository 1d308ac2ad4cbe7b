"""A classifier's runner that takes fewer tiles at a time where memory is short."""

import logging

import numpy as np
import torch
from numpy.typing import NDArray

from models.classifiers.classifier import Classifier, Scores
from models.classifiers.runtimes.batch_runtime import Runner
from models.memory import explain_out_of_memory, free_memory, is_out_of_memory

log = logging.getLogger("hpacells")


class SparingRunner:
    """Implements `Runner` by another, on fewer tiles at a time where memory is short.

    A batch that does not fit is run in halves, as are all after it; the results are the same.

    Parameters
    ----------
    runner
        What runs the batches.
    what
        Names the tiles in messages, such as "the held-out cells".
    level
        Of the message that says that batches are made smaller, as in ``logging``.
    """

    def __init__(self, runner: Runner, what: str, level: int = logging.WARNING) -> None:
        self._runner, self._what, self._level = runner, what, level
        self._most: int | None = None

    @property
    def classifier(self) -> Classifier:
        """Give the classifier that it runs."""
        return self._runner.classifier

    def identity(self) -> str:
        """Say in what the network is computed; as `Runner.identity`."""
        return self._runner.identity()

    def __call__(self, tiles: NDArray[np.uint8]) -> Scores:
        """Score a batch (N, S, S, C) uint8; as `Runner.__call__`.

        Raises
        ------
        InputError
            The memory is too small even for one tile.
        """
        parts: list[Scores] = []
        start = 0
        while start < len(tiles):
            some = tiles[start : start + (self._most or len(tiles))]
            scores = self._try(some)
            if scores is None:
                free_memory()
                self._halve(len(some))
            else:
                parts.append(scores)
                start += len(some)
        if len(parts) == 1:
            return parts[0]
        return Scores(*(torch.cat(each) for each in zip(*parts, strict=True)))

    def _try(self, tiles: NDArray[np.uint8]) -> Scores | None:
        """Score some tiles; None where memory is too small, with nothing left that refers to its tensors."""
        try:
            return self._runner(tiles)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
        return None

    def _halve(self, tiles: int) -> None:
        if tiles == 1:
            raise explain_out_of_memory(
                1, self._what, advice="free memory, or take another machine or a classifier of smaller tiles"
            )
        self._most = -(-tiles // 2)
        log.log(
            self._level,
            "not enough memory for %d tiles at a time: %s are taken %d at a time from here on",
            tiles,
            self._what,
            self._most,
        )
