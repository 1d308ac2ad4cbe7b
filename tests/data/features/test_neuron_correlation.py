import numpy as np
import pytest
from scipy.stats import pearsonr

from data.features.neuron_correlation import choose_strongest, correlate, find_strongest


def test_pearson_of_each_pair() -> None:
    random = np.random.default_rng(0)
    values, measured = random.normal(size=(40, 5)).astype(np.float32), random.normal(size=(40, 4))
    values[:, 4] = 3
    measured[:, 2] = 1
    measured[:, 3] += 2 * values[:, 1]
    measured[::3, 0] = np.nan
    coefficients = correlate(values, measured)
    assert np.isnan(coefficients[4]).all()
    assert np.isnan(coefficients[:, 2]).all()
    for neuron in range(4):
        for feature in (0, 1, 3):
            known = np.isfinite(measured[:, feature])
            expected = pearsonr(values[known, neuron].astype(float), measured[known, feature])[0]
            assert coefficients[neuron, feature] == pytest.approx(expected, abs=1e-7)
    assert find_strongest(coefficients)[1] == 3
    assert find_strongest(coefficients)[4] == -1
    rows, columns = choose_strongest(coefficients, 2, 2)
    assert rows[0] == 1
    assert 3 in columns
    assert columns.tolist() == sorted(columns)


def test_too_few_known() -> None:
    measured = np.array([[1.0], [2.0], [np.nan], [np.nan]])
    assert np.isnan(correlate(np.arange(4.0)[:, None], measured)).all()
