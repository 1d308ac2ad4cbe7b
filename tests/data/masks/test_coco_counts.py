import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycocotools import mask as coco

from data.errors import InputError
from data.masks.coco_counts import read_counts, write_counts

run_lengths = st.lists(st.integers(0, 2**32 - 1) | st.integers(0, 40), min_size=1, max_size=12)


@given(st.lists(run_lengths, min_size=1, max_size=6))
def test_what_is_written_is_read(masks: list[list[int]]) -> None:
    runs = np.array([run for mask in masks for run in mask], np.int64)
    written = write_counts(runs, np.array([len(mask) for mask in masks]))
    assert [read_counts(counts, where="here").tolist() for counts in written] == masks


@given(st.lists(st.integers(0, 5000), min_size=1, max_size=30))
def test_is_what_pycocotools_writes(runs: list[int]) -> None:
    size = [1, sum(runs)]
    theirs = coco.frPyObjects({"counts": runs, "size": size}, *size)["counts"]
    assert write_counts(np.array(runs, np.int64), np.array([len(runs)])) == [theirs]


def test_more_runs_than_are_written_at_a_time() -> None:
    rng = np.random.default_rng(0)
    sizes = np.array([1, 40_000, 16_384, 1, 1, 16_383, 9])
    runs = rng.integers(0, 1000, sizes.sum())
    each = np.split(runs, np.cumsum(sizes)[:-1])
    written = write_counts(runs, sizes)
    assert len(written) == len(sizes)
    for counts, own in zip(written, each, strict=True):
        assert np.array_equal(read_counts(counts, where="here"), own)


def test_no_mask() -> None:
    assert write_counts(np.empty(0, np.int64), np.empty(0, np.int64)) == []
    assert read_counts(b"", where="here").size == 0


@pytest.mark.parametrize(
    ("counts", "found"),
    [
        (b"4\x7f", "character outside"),
        (b"4/", "character outside"),
        (b"4 ", "character outside"),
        (b"4P", "cut off"),
        (b"PPPPPPP1", "too large"),
        (b"D", "negative"),
        (b"111D", "negative"),
    ],
)
def test_faulty_counts(counts: bytes, found: str) -> None:
    with pytest.raises(InputError, match=f"^the file: not COCO run lengths: .*{found}"):
        read_counts(counts, where="the file")
