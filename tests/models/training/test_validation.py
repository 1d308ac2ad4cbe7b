import math

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, average_precision_score, f1_score, roc_auc_score

from models.losses.classification import ClassificationLoss
from models.losses.settings import BinaryCrossEntropySettings, CrossEntropySettings
from models.training.distributed import ALONE, Processes
from models.training.validation import VALIDATION_METRICS, validation_logits, validation_metrics

PLAIN = {"label_smoothing": 0.0, "weights": {"kind": "none"}}


def test_logits_come_in_order(make_classifier, make_data) -> None:
    classifier, data = make_classifier().train(), make_data(4, 7)
    logits = validation_logits(classifier, data, ALONE, batch_size=3, bfloat16=False)
    with torch.inference_mode():
        tiles = torch.from_numpy(data.validation_loader.tiles.transpose(0, 3, 1, 2))
        expected = classifier.eval()(tiles).logits
    torch.testing.assert_close(logits, expected, rtol=1e-4, atol=1e-5)


def test_a_process_without_a_tile(make_classifier, make_data) -> None:
    class Two(Processes):
        def gather(self, parts: torch.Tensor, total: int) -> torch.Tensor:
            return parts

    logits = validation_logits(make_classifier(), make_data(4, 0), Two(1, 2), batch_size=3, bfloat16=False)
    assert logits.shape == (0, 3)


def test_figures_of_one_class_a_tile(make_classifier, make_data) -> None:
    classifier, data = make_classifier(), make_data(4, 12)
    logits = torch.randn(12, 3)
    loss = ClassificationLoss(CrossEntropySettings.model_validate(PLAIN), data.targets)
    figures = validation_metrics(classifier, loss, logits, data.validation_targets)
    truth = data.validation_targets.argmax(axis=1)
    said, probabilities = logits.argmax(dim=1).numpy(), logits.softmax(dim=1).numpy()
    assert figures == pytest.approx(
        {
            "val_loss": torch.nn.functional.cross_entropy(logits, torch.from_numpy(truth)).item(),
            "val_accuracy": accuracy_score(truth, said),
            "val_macro_f1": f1_score(truth, said, average="macro"),
            "val_map": average_precision_score(data.validation_targets, probabilities, average="macro"),
            "val_auc": roc_auc_score(data.validation_targets, probabilities, average="macro"),
        },
        rel=1e-5,
    )


def test_figures_of_several_classes_a_tile(make_classifier) -> None:
    random = np.random.default_rng(2)
    targets = np.concatenate([np.eye(3), random.random((9, 3)) < 0.5]).astype(np.float32)
    logits = torch.randn(12, 3)
    loss = ClassificationLoss(BinaryCrossEntropySettings.model_validate(PLAIN), targets)
    figures = validation_metrics(make_classifier(mode="multi-label"), loss, logits, targets)
    said = (logits > 0).numpy()
    wanted = torch.from_numpy(targets)
    assert figures == pytest.approx(
        {
            "val_loss": torch.nn.functional.binary_cross_entropy_with_logits(logits, wanted).item(),
            "val_accuracy": (said == (targets > 0)).mean(),
            "val_macro_f1": f1_score(targets > 0, said, average="macro"),
            "val_map": average_precision_score(targets, logits.sigmoid().numpy(), average="macro"),
            "val_auc": roc_auc_score(targets, logits.sigmoid().numpy(), average="macro"),
        },
        rel=1e-5,
    )


def test_without_tiles_nothing_is_known(make_classifier, make_data) -> None:
    data = make_data(4)
    loss = ClassificationLoss(CrossEntropySettings(), data.targets)
    figures = validation_metrics(make_classifier(), loss, torch.zeros(0, 3), data.validation_targets)
    assert set(figures) == set(VALIDATION_METRICS)
    assert all(math.isnan(value) for value in figures.values())
