import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.segmenters.postprocessing.enlarge import enlarge_labels, resize_labels


def _disk(size: int, centre: float, radius: float) -> np.ndarray:
    y, x = np.mgrid[:size, :size] + 0.5
    return np.hypot(y - centre, x - centre) <= radius


def test_an_enlarged_disk_is_nearer_to_a_disk_than_one_of_blocks() -> None:
    small = _disk(40, 20, 12).astype(np.int32)
    true = _disk(160, 80, 48)
    wrong = np.count_nonzero((enlarge_labels(small, 4, (160, 160)) > 0) != true)
    assert wrong < 0.6 * np.count_nonzero((np.kron(small, np.ones((4, 4), int)) > 0) != true)


def test_enlarging_shifts_nothing() -> None:
    small = np.zeros((30, 50), np.int32)
    small[8:20, 11:31] = 3
    rows, columns = np.nonzero(enlarge_labels(small, 4, (120, 200)) == 3)
    assert np.isclose([rows.mean() + 0.5, columns.mean() + 0.5], [4 * 14, 4 * 21], atol=0.1).all()


def test_touching_cells_leave_no_gap() -> None:
    y, x = np.mgrid[:40, :40] - 19.5
    small = (1 + (np.arctan2(y, x) + np.pi) // (2 * np.pi / 3 + 1e-9)).astype(np.int32)
    assert set(np.unique(small)) == {1, 2, 3}
    full = enlarge_labels(small, 4, (160, 160))
    assert (full > 0).all()
    small[:10] = 0
    assert (enlarge_labels(small, 4, (160, 160))[48:] > 0).all()


def test_a_size_that_the_factor_does_not_divide_is_cut() -> None:
    small = np.ones((3, 4), np.int32)
    full = enlarge_labels(small, 4, (10, 15))
    assert full.shape == (10, 15)
    assert (full == 1).all()


@given(
    small=arrays(np.int32, st.tuples(st.integers(1, 12), st.integers(1, 12)), elements=st.integers(0, 4)),
    factor=st.integers(1, 5),
)
def test_no_label_is_invented(small: np.ndarray, factor: int) -> None:
    full = enlarge_labels(small, factor, (small.shape[0] * factor, small.shape[1] * factor))
    assert full.dtype == np.uint16
    near = np.zeros((5, *small.shape), np.uint8)
    for number in range(5):
        near[number] = cv2.dilate((small == number).astype(np.uint8), np.ones((7, 7), np.uint8))
    reach = np.kron(near, np.ones((1, factor, factor), np.uint8))
    assert np.take_along_axis(reach, full[None].astype(int), axis=0).all()


@pytest.mark.parametrize("size", [(113, 220), (120, 200), (97, 151), (20, 31)])
def test_resized_labels_cover_what_they_covered(size: tuple[int, int]) -> None:
    small = np.zeros((30, 50), np.int32)
    small[4:20, 5:31], small[4:20, 31:45] = 7, 2
    full = resize_labels(small, size)
    assert full.shape == size
    assert set(np.unique(full)) == {0, 2, 7}
    for number in (2, 7):
        rows, columns = np.nonzero(small == number)
        found_rows, found_columns = np.nonzero(full == number)
        area = np.count_nonzero(full == number) / full.size
        assert np.isclose(area, rows.size / small.size, rtol=0.08)
        centre = (found_rows.mean() + 0.5) / size[0], (found_columns.mean() + 0.5) / size[1]
        assert np.allclose(centre, ((rows.mean() + 0.5) / 30, (columns.mean() + 0.5) / 50), atol=0.006)


def test_whole_factors_are_enlarged_as_ever() -> None:
    small = _disk(40, 20, 12).astype(np.int32)
    assert np.array_equal(resize_labels(small, (160, 160)), enlarge_labels(small, 4, (160, 160)))
    assert np.array_equal(resize_labels(small, (40, 40)), small)


def test_a_factor_near_a_whole_one_gives_nearly_the_same() -> None:
    small = _disk(40, 20, 12).astype(np.int32)
    other = resize_labels(small, (161, 160))[:160]
    assert np.mean(other != enlarge_labels(small, 4, (160, 160))) < 0.01


@given(
    small=arrays(np.int32, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.integers(0, 3)),
    size=st.tuples(st.integers(1, 40), st.integers(1, 40)),
)
def test_resizing_invents_no_label(small: np.ndarray, size: tuple[int, int]) -> None:
    full = resize_labels(small, size)
    assert (full.shape, full.dtype) == (size, np.uint16)
    assert set(np.unique(full)) <= {0, *np.unique(small)}
    if (small == small[0, 0]).all():
        assert (full == small[0, 0]).all()
