import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.evaluate.aggregation import How, aggregate
from data.predictions.called_classes import decide


@given(groups=st.lists(st.sampled_from(["b", "a", "aa", "c"]), max_size=20), seed=st.integers(0, 1000))
def test_against_a_loop_over_groups(groups: list[str], seed: int) -> None:
    values = np.random.default_rng(seed).random((len(groups), 3))
    for how, reduce in (("union", np.max), ("mean", np.mean)):
        names, aggregated = aggregate(values, np.array(groups, dtype=str), how)
        assert names.tolist() == sorted(set(groups))
        for name, row in zip(names, aggregated, strict=True):
            np.testing.assert_allclose(row, reduce(values[np.array(groups) == name], axis=0))


@pytest.mark.parametrize(
    ("how", "expected"), [("union", [[True, True], [False, True]]), ("mean", [[0.5, 1], [0, 1]])]
)
def test_decisions(how: How, expected: list[list[float]]) -> None:
    decisions = np.array([[True, True], [False, True], [False, True]])
    _, aggregated = aggregate(decisions, np.array(["x", "y", "x"]), how)
    assert aggregated.tolist() == expected


def test_the_union_of_decisions_is_the_decision_on_the_highest() -> None:
    random = np.random.default_rng(0)
    probabilities, groups = random.random((200, 5)), random.integers(0, 30, 200).astype(str)
    thresholds = random.random(5)
    _, united = aggregate(decide(probabilities, thresholds), groups, "union")
    _, highest = aggregate(probabilities, groups, "union")
    np.testing.assert_array_equal(united, decide(highest, thresholds))


def test_the_likeliest_class_is_decided_without_thresholds() -> None:
    probabilities = np.array([[0.2, 0.1], [0.3, 0.3], [0.0, 0.9]])
    assert decide(probabilities, None).tolist() == [[True, False], [True, False], [False, True]]
    assert decide(probabilities, 0.3).tolist() == [[False, False], [True, True], [False, True]]
    assert decide(probabilities, np.array([0.2, 0.95])).tolist() == [
        [True, False],
        [True, False],
        [False, False],
    ]
