"""What every runtime of a classifier takes and gives."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.classifiers.classifier import Classifier, Scores


class BatchRuntime(Protocol):
    """Runs one classifier in evaluation mode, a batch a call, from one thread."""

    @property
    def classifier(self) -> Classifier:
        """Return the classifier that it runs."""
        ...

    def identity(self) -> str:
        """Return in what the network is computed, in one line: library and precision."""
        ...

    def __call__(self, tiles: NDArray[np.uint8]) -> Scores:
        """Score a batch.

        Parameters
        ----------
        tiles
            (N, S, S, C) uint8, as the classifier's tile settings prepare them.

        Returns
        -------
        Scores
            Logits (N, classes) and embedding (N, E), float32 on the CPU.
        """
        ...
