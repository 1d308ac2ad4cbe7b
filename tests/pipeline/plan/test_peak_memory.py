"""The peak of memory, compared with what is allocated."""

import mmap
import sys

import numpy as np
import pytest

from pipeline.plan.peak_memory import forget_peak, read_peak

MIB = 2**20


def test_what_is_allocated_is_seen() -> None:
    before = read_peak()
    array = np.ones(200 * MIB, np.uint8)
    assert read_peak() >= min(before + 1, array.nbytes)
    assert read_peak() > 200 * MIB


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can forget a peak")
def test_an_earlier_peak_is_forgotten() -> None:
    # Not an array: that may lie in memory which earlier tests have left, and which stays when it goes.
    with mmap.mmap(-1, 200 * MIB) as pages:
        pages.write(bytes(200 * MIB))
        high = read_peak()
    forget_peak()
    assert read_peak() < high - 100 * MIB
