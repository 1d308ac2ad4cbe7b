import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.score.average_precision import average_precision, rank_detections


def area_under_the_staircase(right: list[bool], truth_count: int) -> float:
    """Follow the definition: recall grows in steps, precision is the best at that recall or beyond."""
    points = [
        (sum(right[:stop]) / truth_count, sum(right[:stop]) / stop) for stop in range(1, len(right) + 1)
    ]
    area, recall_before = 0.0, 0.0
    for recall, _ in points:
        area += (recall - recall_before) * max(precision for other, precision in points if other >= recall)
        recall_before = recall
    return area


@given(st.lists(st.booleans(), max_size=20), st.integers(0, 5))
def test_is_the_area_under_the_staircase(right: list[bool], missed: int) -> None:
    truth_count = sum(right) + missed
    if truth_count:
        found = average_precision(np.array(right, bool), truth_count)
        assert found == pytest.approx(area_under_the_staircase(right, truth_count), abs=1e-12)


def test_known_values() -> None:
    assert average_precision(np.array([True, True]), 2) == 1
    assert average_precision(np.array([False, True]), 1) == 0.5
    assert average_precision(np.array([], bool), 3) == 0
    # Recall 1/2 at precision 1, then 1 at 2/3.
    assert average_precision(np.array([True, False, True]), 2) == pytest.approx((1 + 2 / 3) / 2)


def test_of_equal_confidences_the_last_comes_first() -> None:
    assert rank_detections(np.array([0.5, 0.9, 0.5, 0.1, 0.5])).tolist() == [1, 4, 2, 0, 3]
    many = np.repeat([0.25, 0.75], 50)
    assert rank_detections(many).tolist() == [*range(99, 49, -1), *range(49, -1, -1)]
