import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from data.masks.rle import decode_runs
from data.score.mask_overlap import mask_from_runs
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
    assert sorted(find_shared(runs), key=lambda pair: (pair[1], pair[0])) == expected
