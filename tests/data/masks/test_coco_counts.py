import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from pycocotools import mask as coco

from data.errors import InputError
from data.masks.coco_counts import read_counts, write_counts

run_lengths = st.lists(st.integers(0, 2**32 - 1) | st.integers(0, 40), min_size=1, max_size=12)


def read(counts: bytes, where: str = "here") -> NDArray[np.int64]:
    return np.concatenate([np.empty(0, np.int64), *read_counts(counts, where=where)])


@given(st.lists(run_lengths, min_size=1, max_size=6))
def test_what_is_written_is_read(masks: list[list[int]]) -> None:
    runs = np.array([run for mask in masks for run in mask], np.int64)
    written = write_counts(runs, np.array([len(mask) for mask in masks]))
    assert [read(counts).tolist() for counts in written] == masks


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
        assert np.array_equal(read(counts), own)


def test_no_mask() -> None:
    assert write_counts(np.empty(0, np.int64), np.empty(0, np.int64)) == []
    assert read(b"").size == 0


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
        read(counts, "the file")


@pytest.mark.parametrize("highest", [2, 40, 2**31])
def test_more_runs_than_are_read_at_a_time(highest: int) -> None:
    runs = np.random.default_rng(0).integers(0, highest, 300_001)
    (counts,) = write_counts(runs, np.array([len(runs)]))
    parts = list(read_counts(counts, where="here"))
    assert len(parts) > 1
    assert np.array_equal(np.concatenate(parts), runs)


def test_a_long_row_of_runs_takes_little_memory_to_look_at() -> None:
    counts = b"1" * 4_000_000
    tracemalloc.start()
    assert sum(len(part) for part in read_counts(counts, where="here")) == len(counts)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000


@pytest.mark.parametrize("ending", [b"PPPPPPPPPPPPP1", b"\x7f", b"P"])
def test_faults_far_behind(ending: bytes) -> None:
    with pytest.raises(InputError, match="not COCO run lengths"):
        read(b"0" * 300_000 + ending)
