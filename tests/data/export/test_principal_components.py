import numpy as np
import pytest
from sklearn.decomposition import PCA

from data.export.principal_components import Covariance


@pytest.mark.parametrize("offset", [0, 1e4])
def test_those_of_all_rows_at_once(offset: float) -> None:
    random = np.random.default_rng(3)
    rows = random.normal(size=(200, 12)) @ random.normal(size=(12, 12)) + offset
    covariance = Covariance(12)
    for part in np.split(rows, [7, 7, 150]):
        covariance.add(part)
    components = covariance.find_components(5)
    assert components is not None
    reference = PCA(5, svd_solver="full").fit(rows)
    signs = np.sign((reference.components_.T * components.loadings).sum(axis=0))
    np.testing.assert_allclose(components.loadings * signs, reference.components_.T, atol=1e-9)
    np.testing.assert_allclose(components.variance, reference.explained_variance_)
    np.testing.assert_allclose(components.variance_ratio, reference.explained_variance_ratio_)
    np.testing.assert_allclose(components.project(rows) * signs, reference.transform(rows), atol=1e-4)
    assert (components.loadings.max(axis=0) == np.abs(components.loadings).max(axis=0)).all()


def test_rows_that_are_not_finite_are_left_out() -> None:
    rows = np.random.default_rng(3).normal(size=(40, 4))
    broken = rows.copy()
    broken[3, 1], broken[9, 2] = np.nan, np.inf
    found, expected = Covariance(4), Covariance(4)
    found.add(broken)
    expected.add(np.delete(rows, [3, 9], axis=0))
    components, others = found.find_components(4), expected.find_components(4)
    assert components is not None
    assert others is not None
    np.testing.assert_array_equal(components.loadings, others.loadings)
    assert np.flatnonzero(np.isnan(components.project(broken)).all(axis=1)).tolist() == [3, 9]


def test_of_one_row_there_are_none_and_equal_rows_vary_in_nothing() -> None:
    covariance = Covariance(3)
    covariance.add(np.ones((1, 3)))
    assert covariance.find_components(2) is None
    covariance.add(np.ones((4, 3)))
    components = covariance.find_components(2)
    assert components is not None
    assert not components.variance_ratio.any()
    assert not components.project(np.ones((2, 3))).any()
