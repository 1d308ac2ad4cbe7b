import numpy as np
import pytest

from data.variability.cell_groups import CellGroups
from data.variability.class_summary import join_mixing, summarise_class

GROUPS = CellGroups(np.array([0] * 4 + [1] * 4 + [2] + [3] * 2), 5)
PROBABILITIES = np.array([0, 0, 1, 1, 0.3, 0.3, 0.3, 0.3, 0.7, 0, 0], np.float32)


def test_mixing_is_0_of_like_cells_and_1_of_cells_that_are_sure_and_differ() -> None:
    found = summarise_class(PROBABILITIES, PROBABILITIES > 0.5, GROUPS)
    np.testing.assert_allclose(found.mixing, [1, 0, np.nan, 0, np.nan], atol=1e-6)
    assert found.called.tolist() == [2, 0, 1, 0, 0]
    np.testing.assert_allclose(found.sd, [np.sqrt(1 / 3), 0, np.nan, 0, np.nan], atol=1e-6)


def test_mixing_of_all_classes_is_the_share_of_all_variance() -> None:
    random = np.random.default_rng(0)
    values = random.random((3, 6)).astype(np.float32)
    groups = CellGroups(np.zeros(6, int), 1)
    found = join_mixing([summarise_class(row, row > 0.5, groups) for row in values])
    mean = values.mean(axis=1)
    assert found.item() == pytest.approx(values.var(axis=1).sum() / (mean * (1 - mean)).sum(), rel=1e-5)
