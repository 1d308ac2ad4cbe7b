import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from data.explore.co_occurrence import correlate_labels, count_pairs, find_commonest_pair

SHOWN = hnp.arrays(bool, st.tuples(st.integers(1, 30), st.integers(1, 5)))


@given(SHOWN)
def test_pairs_as_a_plain_loop_counts_them(shown: np.ndarray) -> None:
    pairs = count_pairs(shown)
    for a, b in np.ndindex(pairs.shape):
        assert pairs[a, b] == sum(bool(row[a] and row[b]) for row in shown)


@given(SHOWN)
def test_correlation_as_numpy_has_it(shown: np.ndarray) -> None:
    correlation = correlate_labels(shown)
    for a, b in np.ndindex(correlation.shape):
        if len(set(shown[:, a])) == len(set(shown[:, b])) == 2:
            expected = np.corrcoef(shown[:, a].astype(float), shown[:, b].astype(float))[0, 1]
            assert correlation[a, b] == pytest.approx(expected, abs=1e-9)
        else:
            assert np.isnan(correlation[a, b])


def test_the_commonest_pair() -> None:
    pairs = np.array([[9, 1, 3], [1, 5, 3], [3, 3, 7]])
    assert find_commonest_pair(pairs) == (0, 2)
    assert find_commonest_pair(np.diag([4, 2])) is None
    assert find_commonest_pair(np.array([[4]])) is None
