"""Groups of cells against NumPy, group by group."""

import numpy as np

from data.variability.cell_groups import CellGroups


def test_every_number_is_that_of_numpy() -> None:
    random = np.random.default_rng(1)
    numbers, values = random.integers(-1, 12, 300), random.random(300).astype(np.float32)
    # Groups without a cell, and of one.
    numbers[numbers == 4] = 5
    numbers[7], numbers[8] = 12, -1
    groups = CellGroups(numbers, 14)
    ordered = values[groups.order]
    assert groups.sizes.tolist() == [(numbers == number).sum() for number in range(14)]
    found = {
        "sum": groups.sum(ordered),
        "mean": groups.mean(ordered),
        "max": groups.maximum(ordered),
        "sd": groups.deviation(ordered),
        **{str(part): groups.find_quantiles(ordered, part) for part in (0.25, 0.5, 0.75)},
    }
    for number in range(14):
        ours = values[numbers == number].astype(np.float64)
        assert np.isclose(found["sum"][number], ours.sum())
        if not len(ours):
            assert np.isnan([found[name][number] for name in ("mean", "max", "sd", "0.5")]).all()
            continue
        assert np.isclose(found["mean"][number], ours.mean())
        assert np.isclose(found["max"][number], ours.max())
        for part in (0.25, 0.5, 0.75):
            assert np.isclose(found[str(part)][number], np.quantile(ours, part))
        for method in ("lower", "higher"):
            value = groups.find_quantiles(ordered, 0.25, method)[number]
            assert np.isclose(value, np.quantile(ours, 0.25, method=method))
        if len(ours) > 1:
            assert np.isclose(found["sd"][number], ours.std(ddof=1))
        else:
            assert np.isnan(found["sd"][number])


def test_no_cell_at_all() -> None:
    groups = CellGroups(np.full(3, -1), 2)
    none = np.empty(0, np.float32)
    assert groups.sizes.tolist() == [0, 0]
    for found in (groups.mean(none), groups.maximum(none), groups.deviation(none)):
        assert np.isnan(found).all()
    assert np.isnan(groups.find_quantiles(none, 0.5)).all()
