import numpy as np
import pytest

from data.own_masks.matching import count_pieces, match_nuclei


def test_numbers_that_agree_stay(labels: np.ndarray, nuclei: np.ndarray) -> None:
    matched, strays = match_nuclei(nuclei, labels)
    assert strays == 0
    np.testing.assert_array_equal(matched, nuclei)


@pytest.mark.parametrize("table", [[0, 3, 1, 2], [0, 1, 1, 1], [0, 9, 9, 4]])
def test_other_numbers_are_matched_by_overlap(
    labels: np.ndarray, nuclei: np.ndarray, table: list[int]
) -> None:
    np.testing.assert_array_equal(match_nuclei(np.array(table)[nuclei], labels)[0], nuclei)


def test_what_lies_outside_of_its_cell_is_cut_off_and_strays_are_counted(labels: np.ndarray) -> None:
    nuclei = np.zeros_like(labels)
    nuclei[10:15, 17:30] = 1
    nuclei[0:3, 0:3] = 2
    matched, strays = match_nuclei(nuclei, labels)
    assert strays == 1
    expected = np.zeros_like(labels)
    expected[10:15, 20:30] = 2
    np.testing.assert_array_equal(matched, expected)


def test_a_cell_may_have_several_nuclei_or_none(labels: np.ndarray) -> None:
    nuclei = np.zeros_like(labels)
    nuclei[8:12, 6:10], nuclei[15:20, 6:12] = 1, 2
    matched, _ = match_nuclei(nuclei, labels)
    np.testing.assert_array_equal(matched, nuclei > 0)


def test_pieces(labels: np.ndarray) -> None:
    labels[36:39, 2:12] = 1
    labels[0, 0] = 2
    assert count_pieces(labels).tolist() == [2, 1, 1]
    assert count_pieces(labels * 0).tolist() == []
