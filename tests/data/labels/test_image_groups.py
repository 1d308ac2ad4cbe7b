import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from data.labels.image_groups import join_groups

COUNT = 10
GROUPING = st.lists(st.integers(-1, 4), min_size=COUNT, max_size=COUNT)


@given(first=GROUPING, second=GROUPING)
def test_like_joining_pair_by_pair(first: list[int], second: list[int]) -> None:
    expected = list(range(COUNT))
    for _ in range(COUNT):
        for grouping in (first, second):
            for one in range(COUNT):
                for other in range(COUNT):
                    if grouping[one] >= 0 and grouping[one] == grouping[other]:
                        expected[one] = expected[other] = min(expected[one], expected[other])
    assert join_groups(COUNT, np.array(first), np.array(second)).tolist() == expected


def test_the_same_number_in_two_groupings_is_two_groups() -> None:
    assert join_groups(2, np.array([3, -1]), np.array([-1, 3])).tolist() == [0, 1]


def test_without_images_or_groupings() -> None:
    assert join_groups(0, np.empty(0, int)).tolist() == []
    assert join_groups(2).tolist() == [0, 1]
