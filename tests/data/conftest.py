from collections.abc import Callable

import numpy as np
import pytest

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
