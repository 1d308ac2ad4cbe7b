from pathlib import Path

import numpy as np
import pytest

from data.export import grouped_rows
from data.export.grouped_rows import GroupedRows


@pytest.mark.parametrize("most", [2**24, 40, 1])
def test_numbers_of_every_group_are_those_of_numpy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(grouped_rows, "_MOST_NUMBERS", most)
    random = np.random.default_rng(1)
    rows = random.normal(size=(50, 7)).astype(np.float32)
    groups = random.integers(-1, 4, 50)
    rows[3, 2], groups[3] = np.nan, 1
    order = np.argsort(groups, kind="stable")[np.count_nonzero(groups < 0) :]
    places = np.full(50, -1)
    places[order] = np.arange(len(order))
    with GroupedRows(tmp_path, places, 7) as stored:
        for start in range(0, 50, 8):
            stored.write(start, rows[start : start + 8])
        start = 0
        for number in range(4):
            ours = rows[(groups == number) & np.isfinite(rows).all(axis=1)].astype(float)
            stop = start + np.count_nonzero(groups == number)
            count, found = stored.measure(start, stop)
            assert count == len(ours)
            expected = [ours.mean(axis=0), np.median(ours, axis=0), ours.std(axis=0, ddof=1)]
            np.testing.assert_allclose(found, expected)
            start = stop
        assert stored.measure(0, 0)[0] == 0
        assert np.isnan(stored.measure(0, 0)[1]).all()
        assert np.isnan(stored.measure(0, 1)[1][2]).all()
    assert not list(tmp_path.iterdir())
