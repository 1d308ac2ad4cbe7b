import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from data.compare.agreement import Agreement, compare_cells, match_cells, pool_agreements
from data.errors import InputError

LABELS = arrays(np.uint16, (7, 9), elements=st.integers(0, 4))


def test_iou_by_hand() -> None:
    reference = np.array([[1, 1, 1, 1], [0, 3, 3, 0]])
    predicted = np.array([[2, 2, 2, 0], [5, 5, 0, 0]])
    iou = match_cells(reference, predicted).toarray()
    assert iou.shape == (4, 6)
    assert iou[1, 2] == pytest.approx(3 / 4)
    assert iou[3, 5] == pytest.approx(1 / 3)
    assert np.count_nonzero(iou) == 2


def test_counts_and_scores_by_hand() -> None:
    reference = np.array([[1, 1, 1, 1], [0, 3, 3, 0]])
    predicted = np.array([[2, 2, 2, 0], [5, 5, 0, 7]])
    agreement = compare_cells(reference, predicted)
    assert agreement == Agreement(2, 3, 1, 0.75)
    assert (agreement.precision, agreement.recall, agreement.f1) == (1 / 3, 1 / 2, 2 / 5)
    assert agreement.mean_iou == 0.75
    assert compare_cells(reference, predicted, threshold=0.8).matched_cells == 0


def test_the_threshold_itself_matches() -> None:
    reference, predicted = np.ones((1, 5), int), np.array([[1, 1, 1, 0, 0]])
    assert compare_cells(reference, predicted, threshold=0.6).matched_cells == 1


@given(reference=LABELS, predicted=LABELS)
def test_equals_counting_with_masks(reference: np.ndarray, predicted: np.ndarray) -> None:
    iou = match_cells(reference, predicted).toarray()
    for row in range(1, int(reference.max()) + 1):
        for column in range(1, int(predicted.max()) + 1):
            one, other = reference == row, predicted == column
            union = np.count_nonzero(one | other)
            assert iou[row, column] == pytest.approx(np.count_nonzero(one & other) / union if union else 0)
    assert not iou[0].any()
    assert not iou[:, 0].any()


@given(labels=LABELS)
def test_an_image_agrees_with_itself(labels: np.ndarray) -> None:
    agreement = compare_cells(labels, labels, threshold=1.0)
    cells = np.count_nonzero(np.unique(labels))
    assert (agreement.reference_cells, agreement.predicted_cells, agreement.matched_cells) == (cells,) * 3
    assert agreement.f1 == 1 if cells else math.isnan(agreement.f1)


def test_pooled_cells_weigh_the_same() -> None:
    pooled = pool_agreements([Agreement(4, 3, 2, 1.5), Agreement(), Agreement(1, 2, 1, 1.0)])
    assert pooled == Agreement(5, 5, 3, 2.5)
    assert pooled.f1 == pytest.approx(0.6)


def test_no_cell_at_all_has_no_score() -> None:
    agreement = pool_agreements([])
    scores = (agreement.f1, agreement.precision, agreement.recall, agreement.mean_iou)
    assert all(math.isnan(score) for score in scores)


@pytest.mark.parametrize("threshold", [0.5, 0.0, 1.01, float("nan")])
def test_a_threshold_that_allows_two_partners_is_refused(threshold: float) -> None:
    with pytest.raises(InputError, match="IoU threshold"):
        compare_cells(np.ones((2, 2), int), np.ones((2, 2), int), threshold)


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        (np.ones((2, 3), int), "shapes"),
        (np.ones((2, 2)), "first label image: float64"),
        (np.full((2, 2), -1), "negative"),
    ],
)
def test_images_that_are_no_labels_of_one_field(reference: np.ndarray, message: str) -> None:
    with pytest.raises(InputError, match=message):
        match_cells(reference, np.ones((2, 2), int))
