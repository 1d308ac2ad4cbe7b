import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from data.masks.rle import decode_runs
from data.score.mask_overlap import mask_from_runs
from data.submission import overlapping
from data.submission.overlapping import find_shared
from tests.factories.submission.small_files import encode


@given(npst.arrays(bool, st.tuples(st.integers(0, 5), st.just(6), st.just(7)), elements=st.booleans()))
def test_as_laid_out(masks: np.ndarray) -> None:
    runs = [mask_from_runs(decode_runs(encode(mask), 42), 6) for mask in masks]
    expected = [
        (first, second, int((masks[first] & masks[second]).sum()))
        for second in range(len(masks))
        for first in range(second)
        if (masks[first] & masks[second]).any()
    ]
    found = find_shared(runs)
    assert sorted(found.pairs, key=lambda pair: (pair[1], pair[0])) == expected
    assert found.is_complete


def test_what_is_not_compared_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overlapping, "_MAX_COMPARED", 3)
    runs = [mask_from_runs(decode_runs(encode(np.ones((6, 7), bool)), 42), 6) for _ in range(4)]
    found = find_shared(runs)
    assert found.pairs == [(0, 1, 42), (0, 2, 42), (1, 2, 42)]
    assert not found.is_complete
