import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from data.masks.rle import decode_runs
from data.score.mask_overlap import MaskRuns, mask_from_runs
from data.submission.orientation import looks_row_major, read_row_major
from tests.factories.submission.small_files import disc, encode, encode_row_major


def runs_of(string: str, shape: tuple[int, int]) -> MaskRuns:
    return mask_from_runs(decode_runs(string, shape[0] * shape[1]), shape[0])


@pytest.mark.parametrize("shape", [(96, 128), (128, 96), (96, 108), (200, 60), (140, 70), (70, 140)])
@pytest.mark.parametrize("radius", [8, 15, 25])
def test_cells_one_way_and_the_other(shape: tuple[int, int], radius: int) -> None:
    cell = disc((40, 30), radius, shape)
    assert not looks_row_major(runs_of(encode(cell), shape), *shape)
    assert looks_row_major(runs_of(encode_row_major(cell), shape), *shape)


@pytest.mark.parametrize(
    "mask",
    [
        np.zeros((40, 60), bool),
        np.ones((40, 60), bool),
        np.eye(40, 60, dtype=bool),
        disc((20, 30), 2, (40, 60)),
        np.random.default_rng(1).random((40, 60)) < 0.5,
        disc((20, 20), 15, (48, 48)),
        np.eye(40, 41, dtype=bool),
    ],
    ids=["empty", "full", "diagonal", "dot", "noise", "square", "nearly square"],
)
def test_what_shows_nothing_is_never_called_row_major(mask: np.ndarray) -> None:
    for string in (encode(mask), encode_row_major(mask)):
        assert not looks_row_major(runs_of(string, mask.shape), *mask.shape)


@given(npst.arrays(bool, st.tuples(st.integers(1, 9), st.integers(1, 9))))
def test_reading_along_the_rows(mask: np.ndarray) -> None:
    shape = mask.shape
    read = read_row_major(runs_of(encode_row_major(mask), shape), *shape)
    right = runs_of(encode(mask), shape)
    assert read is not None
    assert read.edges.tolist() == right.edges.tolist()
    assert (read.area, read.box) == (right.area, right.box)
