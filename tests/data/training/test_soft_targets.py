import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from data.training.soft_targets import average_with_labels, call_targets, share_one

PROBABILITIES = arrays(np.float32, (5, 4), elements=st.floats(0, 1, width=32))


def test_a_softmax_is_told_from_sigmoids() -> None:
    shared = np.random.default_rng(0).dirichlet(np.ones(19), 50).astype(np.float32)
    assert share_one(shared)
    sigmoids = shared.copy()
    sigmoids[7, 3] += 0.02
    assert not share_one(sigmoids)


@pytest.mark.parametrize("single_label", [True, False])
@given(said=PROBABILITIES, weight=st.floats(0, 1))
def test_labels_are_averaged_as_by_a_plain_loop(said: np.ndarray, weight: float, single_label: bool) -> None:
    labels = np.array([[1, 0, 0, 0], [0, 1, 1, 0], [0, 0, 0, 0], [1, 1, 1, 1], [0, 0, 0, 1]], np.float32)
    found = average_with_labels(said, labels, single_label=single_label, weight=weight)
    for cell in range(5):
        count = sum(labels[cell])
        for label in range(4):
            known = labels[cell, label] / (count if single_label else 1) if count else 0
            expected = (1 - weight) * said[cell, label] + weight * known if count else said[cell, label]
            assert found[cell, label] == pytest.approx(expected, abs=1e-6)


def test_a_softmax_stays_one() -> None:
    said = np.random.default_rng(0).dirichlet(np.ones(4), 5)
    labels = np.array([[1, 0, 0, 0], [0, 1, 1, 0], [0, 0, 0, 0], [1, 1, 1, 1], [0, 0, 0, 1]], np.float32)
    assert share_one(average_with_labels(said, labels, single_label=True, weight=0.3))


def test_called_classes() -> None:
    said = np.array([[0.4, 0.35, 0.25], [0.6, 0.5, 0.1], [0.1, 0.2, 0.3]])
    assert call_targets(said, single_label=True).tolist() == [[1, 0, 0], [1, 0, 0], [0, 0, 1]]
    assert call_targets(said, single_label=False).tolist() == [[0, 0, 0], [1, 1, 0], [0, 0, 0]]
