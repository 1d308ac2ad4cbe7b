from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from models.classifiers.classifier import Architecture, Classifier
from models.classifiers.model_folder import DESCRIPTION, save_classifier

ARCHITECTURE: dict[str, Any] = {
    "mode": "single-label",
    "tiles": {"size": 32, "channels": ["red", "green"]},
    "normalisation": {"mean": [0.2, 0.3], "deviation": [0.2, 0.3]},
    "backbone": {"name": "test_efficientnet", "pretrained": "none"},
    "head": {"embedding": 16},
}


def spread(classifier: Classifier) -> None:
    """Let normalisations see some tiles, so that the probabilities differ from tile to tile."""
    settings = classifier.architecture.tiles
    gains = torch.linspace(0.1, 1, 16).reshape(-1, 1, 1, 1)
    for _ in range(10):
        noise = 255 * torch.rand(16, len(settings.channels), 8, 8) * gains
        classifier.train()(torch.nn.functional.interpolate(noise, size=settings.size))
    classifier.eval()


@pytest.fixture
def make_classifier() -> Callable[..., Classifier]:
    """Make a small classifier with random weights, whose probabilities differ from tile to tile."""

    def make(seed: int = 0, **changes: Any) -> Classifier:
        torch.manual_seed(seed)
        classifier = Classifier(Architecture.model_validate(ARCHITECTURE | changes))
        spread(classifier)
        return classifier.eval()

    return make


@pytest.fixture
def save(make_classifier: Callable[..., Classifier]) -> Callable[..., Path]:
    """Write the folder of a small classifier, with thresholds where given."""

    def save(folder: Path, seed: int = 0, thresholds: object = None, **changes: Any) -> Path:
        classifier = make_classifier(seed, **changes)
        save_classifier(folder, classifier.architecture, classifier.state_dict(), {"seed": seed})
        if thresholds is not None:
            description = folder / DESCRIPTION
            description.write_text(f"{description.read_text()}\n[thresholds]\nvalues = {thresholds}\n")
        return folder

    return save
