import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.losses.class_weights.settings import inverse_frequency_weights, positive_weights


def one_hot(counts: list[int]) -> np.ndarray:
    return np.eye(len(counts), dtype=np.float32)[np.repeat(np.arange(len(counts)), counts)]


def test_weights_are_inverse_to_the_counts() -> None:
    weights = inverse_frequency_weights(one_hot([100, 50, 20]), max_ratio=100)
    np.testing.assert_allclose(weights / weights[0], [1, 2, 5], rtol=1e-6)


def test_no_ratio_is_above_the_most() -> None:
    weights = inverse_frequency_weights(one_hot([1000, 1]), max_ratio=10)
    assert weights[1] / weights[0] == pytest.approx(10)


@given(counts=st.lists(st.integers(0, 60), min_size=2, max_size=19).filter(any))
def test_the_mean_over_the_tiles_is_one(counts: list[int]) -> None:
    targets = one_hot(counts)
    weights = inverse_frequency_weights(targets, max_ratio=10)
    assert (targets @ weights).mean() == pytest.approx(1, rel=1e-4)
    assert np.isfinite(weights).all()
    assert (weights > 0).all()


def test_positives_weigh_what_there_are_negatives_for_each() -> None:
    targets = np.zeros((20, 4), np.float32)
    targets[:10, 0] = targets[:4, 1] = targets[0, 2] = 1
    np.testing.assert_allclose(positive_weights(targets, max_ratio=10), [1, 4, 10, 1])


def test_frequent_positives_are_not_weighed_down() -> None:
    assert positive_weights(np.ones((5, 1), np.float32), max_ratio=10) == [1]
