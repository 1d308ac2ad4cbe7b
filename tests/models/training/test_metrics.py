import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, average_precision_score, f1_score, roc_auc_score

from models.training.metrics import compute_metrics


@pytest.mark.parametrize("seed", range(5))
def test_one_class_a_tile_as_scikit_learn_has_it(seed: int) -> None:
    random = np.random.default_rng(seed)
    right = random.choice([0, 2, 3, 5, 18], 60)
    probabilities = random.dirichlet(np.ones(19), 60) + 0.1 * np.eye(19)[right]
    targets = np.eye(19)[right]
    quality = compute_metrics(torch.tensor(probabilities), torch.tensor(targets), single_label=True)
    chosen, present = probabilities.argmax(axis=1), np.unique(right)
    assert quality.accuracy == pytest.approx(accuracy_score(right, chosen))
    assert quality.macro_f1 == pytest.approx(
        f1_score(right, chosen, labels=present, average="macro", zero_division=0), abs=1e-6
    )
    expected = average_precision_score(targets[:, present], probabilities[:, present], average="macro")
    assert quality.mean_average_precision == pytest.approx(expected, abs=1e-6)
    expected = roc_auc_score(targets[:, present], probabilities[:, present], average="macro")
    assert quality.macro_roc_auc == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_any_number_of_classes_as_scikit_learn_has_it(seed: int) -> None:
    random = np.random.default_rng(seed)
    targets = (random.random((50, 19)) < 0.2).astype(int)
    targets[:, [4, 11]] = 0
    probabilities = np.clip(random.random((50, 19)) * 0.7 + 0.3 * targets, 0, 1)
    quality = compute_metrics(torch.tensor(probabilities), torch.tensor(targets), single_label=False)
    chosen, present = probabilities > 0.5, targets.any(axis=0)
    assert quality.accuracy == pytest.approx((chosen == targets).mean())
    assert quality.macro_f1 == pytest.approx(
        f1_score(targets[:, present], chosen[:, present], average="macro", zero_division=0), abs=1e-6
    )
    expected = average_precision_score(targets[:, present], probabilities[:, present], average="macro")
    assert quality.mean_average_precision == pytest.approx(expected, abs=1e-6)
    expected = roc_auc_score(targets[:, present], probabilities[:, present], average="macro")
    assert quality.macro_roc_auc == pytest.approx(expected, abs=1e-6)


def test_nothing_to_measure() -> None:
    with pytest.raises(ValueError, match="no tile"):
        compute_metrics(torch.zeros(0, 19), torch.zeros(0, 19), single_label=True)


def test_numbers_that_are_none() -> None:
    """A network that has run away is told by its loss; its figures must not end the training."""
    quality = compute_metrics(torch.full((4, 3), torch.nan), torch.eye(4, 3), single_label=True)
    assert 0 <= quality.accuracy <= 1
    assert quality.mean_average_precision != quality.mean_average_precision


def test_a_class_that_all_tiles_have_cannot_be_ranked() -> None:
    targets = torch.ones(4, 3)
    assert np.isnan(compute_metrics(torch.rand(4, 3), targets, single_label=False).macro_roc_auc)
