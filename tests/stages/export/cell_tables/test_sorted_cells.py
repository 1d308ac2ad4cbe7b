from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from data.variability.cell_groups import CellGroups
from data.variability.class_summary import summarise_class
from data.variability.spread_test import measure_spreads
from stages.export.cell_tables import sorted_cells
from stages.export.cell_tables.sorted_cells import SortedCells, arrange


@pytest.mark.parametrize(("cells", "numbers"), [(2**14, 2**22), (7, 2**22), (1, 9)])
def test_groups_are_those_of_all_cells_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cells: int, numbers: int
) -> None:
    monkeypatch.setattr(sorted_cells, "_CELLS", cells)
    monkeypatch.setattr(sorted_cells, "_MOST_NUMBERS", numbers)
    random = np.random.default_rng(2)
    of_cells = random.integers(-1, 9, 80)
    of_cells[of_cells == 4] = 0
    probabilities, called = random.random((80, 3), np.float32), random.random((80, 3)) < 0.5
    groups = CellGroups(of_cells, 10)
    # Pairs of groups, and what is after the last of them in none.
    pairs = CellGroups(np.where((of_cells < 0) | (of_cells > 7), -1, of_cells // 2), 4)
    with SortedCells(tmp_path, groups.sizes, 3) as stored:
        for start in range(0, 80, 9):
            part = slice(start, start + 9)
            stored.add(of_cells[part], probabilities[part], called[part])
        summaries, spreads = stored.summarise(groups.sizes), stored.measure_spreads(groups.sizes)
        of_pairs = stored.summarise(groups.sizes[:8].reshape(4, 2).sum(axis=1))
        assert [len(each.mean) for each in stored.summarise(np.empty(0, np.int64))] == [0] * 3
    for label in range(3):
        values = probabilities[:, label]
        ordered, marks = values[groups.order], called[:, label][groups.order]
        expected = summarise_class(ordered, marks, groups)
        for field in fields(expected):
            found = getattr(summaries[label], field.name)
            np.testing.assert_array_equal(found, getattr(expected, field.name))
            assert found.dtype == getattr(expected, field.name).dtype
        expected = measure_spreads(ordered, groups)
        for field in fields(expected):
            found = getattr(spreads[label], field.name)
            np.testing.assert_array_equal(found, getattr(expected, field.name))
        np.testing.assert_array_equal(
            arrange(spreads[label], np.arange(10)[::-1]).lower, expected.lower[::-1]
        )
        assert of_pairs[label].called.tolist() == pairs.sum(called[:, label][pairs.order]).tolist()
        np.testing.assert_array_equal(
            of_pairs[label].median, pairs.find_quantiles(values[pairs.order], 0.5).astype(np.float32)
        )
    assert not list(tmp_path.iterdir())
