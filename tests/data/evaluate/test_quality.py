import math

import numpy as np
import pytest
from sklearn import metrics

from data.evaluate.quality import Quality, measure, measure_decisions

PRESENT = [0, 1, 2, 3, 5, 6]


def check(quality: Quality, expected: dict[str, float]) -> None:
    found = quality.summary()
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_several_classes_a_cell_as_scikit_learn_has_it(several, seed: int) -> None:
    probabilities, targets = several(seed)
    thresholds = np.random.default_rng(seed).uniform(0.2, 0.8, 7)
    found, true = probabilities >= thresholds, targets.astype(bool)
    quality = measure(probabilities, targets, thresholds)
    options = {"labels": PRESENT, "zero_division": 0}
    macro = metrics.precision_recall_fscore_support(true, found, average="macro", **options)
    micro = metrics.precision_recall_fscore_support(true, found, average="micro", zero_division=0)
    expected = {
        **dict(zip(("macro_precision", "macro_recall", "macro_f1"), macro[:3], strict=True)),
        **dict(zip(("micro_precision", "micro_recall", "micro_f1"), micro[:3], strict=True)),
        "subset_accuracy": metrics.accuracy_score(true, found),
        "label_accuracy": 1 - metrics.hamming_loss(true, found),
    }
    for name, score in (
        ("average_precision", metrics.average_precision_score),
        ("roc_auc", metrics.roc_auc_score),
    ):
        expected[f"macro_{name}"] = score(true[:, PRESENT], probabilities[:, PRESENT], average="macro")
        expected[f"micro_{name}"] = score(true, probabilities, average="micro")
    check(quality, expected)
    np.testing.assert_array_equal(quality.outcomes.matrices, metrics.multilabel_confusion_matrix(true, found))


@pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true")
@pytest.mark.parametrize("seed", range(4))
def test_one_class_a_cell_as_scikit_learn_has_it(single, seed: int) -> None:
    probabilities, targets = single(seed)
    found, true = probabilities.argmax(axis=1), targets.argmax(axis=1)
    quality = measure(probabilities, targets, single_label=True)
    right = metrics.accuracy_score(true, found)
    expected = {
        "macro_f1": metrics.f1_score(true, found, labels=PRESENT, average="macro", zero_division=0),
        "micro_f1": right,
        "top_accuracy": right,
        "subset_accuracy": right,
        "balanced_accuracy": metrics.balanced_accuracy_score(true, found),
    }
    check(quality, expected)
    np.testing.assert_array_equal(quality.confusion, metrics.confusion_matrix(true, found, labels=range(7)))


def test_an_absent_class_is_nan_and_left_out(several) -> None:
    probabilities, targets = several(1)
    quality = measure(probabilities, targets)
    by_class = quality.by_class()
    for name in ("f1", "precision", "recall", "average_precision", "roc_auc"):
        assert np.flatnonzero(np.isnan(by_class[name])).tolist() == [4], name
        assert not math.isnan(quality.summary()[f"macro_{name}"])
    assert by_class["accuracy"][4] == pytest.approx((probabilities[:, 4] < 0.5).mean())
    assert (by_class["true"][4], by_class["found"][4]) == (0, (probabilities[:, 4] >= 0.5).sum())


def test_a_class_that_all_have_has_no_roc_curve() -> None:
    quality = measure(np.array([[0.9, 0.2], [0.4, 0.6]]), np.array([[1, 0], [1, 1]]))
    np.testing.assert_array_equal(quality.roc_auc, [np.nan, 1.0])
    np.testing.assert_array_equal(quality.average_precision, [1.0, 1.0])


def test_a_present_class_that_is_never_found_has_precision_zero() -> None:
    quality = measure(np.full((3, 2), 0.1), np.array([[1, 0], [0, 1], [1, 0]]))
    assert quality.outcomes.precision.tolist() == [0, 0]
    assert quality.summary()["macro_f1"] == 0


def test_cells_with_several_classes_are_not_in_the_confusion_matrix_of_classes() -> None:
    probabilities = np.array([[0.9, 0.1, 0.3], [0.9, 0.8, 0.1], [0.2, 0.1, 0.7], [0.1, 0.1, 0.1]])
    targets = np.array([[1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 0]])
    quality = measure(probabilities, targets)
    assert quality.confusion.tolist() == [[1, 0, 0], [0, 0, 1], [0, 0, 0]]
    assert quality.top_accuracy == 0.5
    assert quality.balanced_accuracy == 0.5


def test_without_any_cell_of_a_single_class() -> None:
    quality = measure(np.array([[0.9, 0.8]]), np.array([[1, 1]]))
    assert math.isnan(quality.top_accuracy)
    assert math.isnan(quality.balanced_accuracy)
    assert quality.summary()["subset_accuracy"] == 1


def test_decisions_made_elsewhere(several) -> None:
    probabilities, targets = several(2)
    decisions = np.random.default_rng(0).random(targets.shape) < 0.5
    quality = measure_decisions(probabilities, decisions, targets)
    assert quality.outcomes.found.tolist() == decisions.sum(axis=0).tolist()
    assert quality.summary()["subset_accuracy"] == (decisions == targets).all(axis=1).mean()


def test_soft_targets_count_from_one_half(several) -> None:
    probabilities, targets = several(3)
    soft = np.where(targets > 0, 0.5, 0.49)
    assert measure(probabilities, soft).summary() == pytest.approx(
        measure(probabilities, targets).summary(), nan_ok=True
    )


def test_numbers_that_are_none_have_no_ranking() -> None:
    quality = measure(np.array([[np.nan, 0.3], [0.5, 0.6]]), np.array([[1, 0], [0, 1]]))
    np.testing.assert_array_equal(quality.average_precision, [np.nan, 1.0])


def test_nothing_to_measure() -> None:
    with pytest.raises(ValueError, match="nothing to measure"):
        measure(np.zeros((0, 3)), np.zeros((0, 3)))
