from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch

from data.tiles.batch_loader import Batch, divide_batch
from models.classifiers.classifier import Architecture, Classifier
from models.training.training_data import TrainingData

ARCHITECTURE: dict[str, Any] = {
    "mode": "single-label",
    "tiles": {"size": 32, "channels": ["red", "green"]},
    "normalisation": {"mean": [0.5, 0.5], "deviation": [0.3, 0.3]},
    "backbone": {"name": "test_vit", "pretrained": "none"},
    "head": {"kind": "linear", "dropout": 0.0},
    "class_names": ["one", "two", "three"],
}
"""A small network without batch statistics, so that a batch is no more than its tiles."""


class TileList:
    """Tiles in memory, given batch by batch as a loader gives them."""

    def __init__(self, tiles: np.ndarray) -> None:
        self.tiles, self.wait_seconds, self.plans = tiles, 0.0, []

    def __len__(self) -> int:
        return len(self.tiles)

    def batches(self, plan, *, start=0, augmentation=None, seed=(0,), part=(0, 1)) -> Iterator[Batch]:
        self.plans.append([items.tolist() for items in plan])
        for items in plan[start:]:
            chosen = divide_batch(items, part)
            yield Batch(chosen, self.tiles[chosen])


@pytest.fixture
def make_classifier() -> Callable[..., Classifier]:
    """Make a small classifier with random weights."""

    def make(**changes: Any) -> Classifier:
        torch.manual_seed(3)
        return Classifier(Architecture.model_validate(ARCHITECTURE | changes))

    return make


@pytest.fixture
def make_data() -> Callable[..., TrainingData]:
    """Make so many tiles to train and to validate on, whose classes show in their brightness."""

    def make(training: int, validation: int = 0) -> TrainingData:
        random = np.random.default_rng(5)

        def some(count: int) -> tuple[Any, np.ndarray]:
            classes = np.arange(count) % 3
            tiles = random.normal(60 + 60 * classes[:, None, None, None], 20, (count, 32, 32, 2))
            return TileList(tiles.clip(0, 255).astype(np.uint8)), np.eye(3, dtype=np.float32)[classes]

        images = np.array([f"image{number // 2}" for number in range(validation)], str)
        return TrainingData(
            *some(training), *some(validation), images, lambda items: f"cells {items.tolist()}"
        )

    return make


@pytest.fixture
def run_out_of_memory() -> Callable[..., Classifier]:
    """Let a classifier's backward pass fail on more tiles than so many, as if the memory were too small."""

    def fail(_: torch.Tensor) -> None:
        message = "CUDA out of memory."
        raise torch.OutOfMemoryError(message)

    def watch(classifier: Classifier, most: int) -> Classifier:
        def look(_, tiles, scores) -> None:
            if len(tiles[0]) > most and scores.logits.requires_grad:
                scores.logits.register_hook(fail)

        classifier.register_forward_hook(look)
        return classifier

    return watch
