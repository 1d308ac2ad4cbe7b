from pathlib import Path

import numpy as np
import pytest

from data.export import grouped_rows
from data.export.grouped_rows import GroupedRows, GroupPlaces


@pytest.mark.parametrize("most", [2**24, 40, 1])
def test_numbers_of_every_group_are_those_of_numpy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(grouped_rows, "_MOST_NUMBERS", most)
    random = np.random.default_rng(1)
    rows = random.normal(size=(50, 7)).astype(np.float32)
    groups = random.integers(-1, 4, 50)
    rows[3, 2], groups[3] = np.nan, 1
    places = GroupPlaces(np.bincount(groups[groups >= 0], minlength=4))
    with GroupedRows(tmp_path, 7) as stored:
        for start in range(0, 50, 8):
            stored.write(places.assign(groups[start : start + 8]), rows[start : start + 8])
        start = 0
        for number in range(4):
            ours = rows[(groups == number) & np.isfinite(rows).all(axis=1)].astype(float)
            stop = start + np.count_nonzero(groups == number)
            assert (places.starts[number], places.stops[number]) == (start, stop)
            np.testing.assert_array_equal(stored.read(start, stop, slice(2, 5)), rows[groups == number, 2:5])
            count, found = stored.measure(start, stop)
            assert count == len(ours)
            expected = [ours.mean(axis=0), np.median(ours, axis=0), ours.std(axis=0, ddof=1)]
            np.testing.assert_allclose(found, expected)
            start = stop
        assert stored.measure(0, 0)[0] == 0
        assert np.isnan(stored.measure(0, 0)[1]).all()
        assert np.isnan(stored.measure(0, 1)[1][2]).all()
    assert not list(tmp_path.iterdir())


def test_places_are_those_of_a_stable_sort() -> None:
    groups = np.random.default_rng(3).integers(-1, 6, 100)
    order = np.argsort(groups, kind="stable")[np.count_nonzero(groups < 0) :]
    expected = np.full(100, -1)
    expected[order] = np.arange(len(order))
    places = GroupPlaces(np.bincount(groups[groups >= 0], minlength=7))
    given = [places.assign(groups[start : start + 9]) for start in range(0, 100, 9)]
    assert np.concatenate(given).tolist() == expected.tolist()


def test_rows_of_truth_values(tmp_path: Path) -> None:
    rows = np.random.default_rng(3).random((9, 5)) < 0.5
    with GroupedRows(tmp_path, 5, bool) as stored:
        stored.write(np.array([2, 1, 0, -1, 3, 4, 6, 5, 7]), rows)
        np.testing.assert_array_equal(stored.read(1, 8, slice(0, 5)), rows[[1, 0, 4, 5, 7, 6, 8]])
