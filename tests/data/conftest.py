import math
from collections.abc import Callable

import numpy as np
import pytest

from data.training.history import Epoch

Predictions = tuple[np.ndarray, np.ndarray]


@pytest.fixture
def several() -> Callable[[int], Predictions]:
    """Probabilities and targets of 50 cells with any number of 7 classes, of which class 4 is absent."""

    def make(seed: int) -> Predictions:
        random = np.random.default_rng(seed)
        targets = (random.random((50, 7)) < 0.3).astype(np.float32)
        targets[:, 4] = 0
        return np.clip(random.random((50, 7)) * 0.7 + 0.3 * targets, 0, 1).astype(np.float32), targets

    return make


@pytest.fixture
def single() -> Callable[[int], Predictions]:
    """Probabilities and targets of 60 cells with one of 7 classes, of which class 4 is absent."""

    def make(seed: int) -> Predictions:
        random = np.random.default_rng(seed)
        targets = np.eye(7)[random.choice([0, 1, 2, 3, 5, 6], 60)]
        probabilities = random.dirichlet(np.ones(7), 60) + 0.3 * targets
        return probabilities / probabilities.sum(axis=1, keepdims=True), targets

    return make


@pytest.fixture
def make_epochs() -> Callable[..., list[Epoch]]:
    """Make five epochs of a training, those from a number on of a second phase."""

    def make(validated: bool, later_from: int = 6) -> list[Epoch]:
        return [
            Epoch(
                epoch=number,
                phase=1 + (number >= later_from),
                lr=0.001 / number,
                train_loss=3 / number,
                val_loss=3.5 / number if validated else math.nan,
                val_accuracy=0.1 * number if validated else math.nan,
                val_macro_f1=0.08 * number if validated else math.nan,
                val_map=0.09 * number if validated else math.nan,
                val_auc=0.5 + 0.05 * number if validated else math.nan,
                seconds=2.5,
                tiles_per_second=100.0,
                wait_seconds=0.1,
            )
            for number in range(1, 6)
        ]

    return make
