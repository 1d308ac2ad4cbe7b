import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from data.evaluate.ranking import Ranking, rank


@given(
    seed=st.integers(0, 2**32 - 1),
    cells=st.integers(1, 200),
    levels=st.sampled_from([1, 2, 5, 1000]),
    often=st.sampled_from([0.0, 0.02, 0.5, 0.98, 1.0]),
    kind=st.sampled_from([np.float32, np.float64]),
)
def test_every_figure_is_scikit_learns(seed: int, cells: int, levels: int, often: float, kind: type) -> None:
    """With equal scores, of which some have the class and some lack it."""
    random = np.random.default_rng(seed)
    scores = (random.integers(0, levels + 1, (cells, 3)) / levels).astype(kind)
    positive = random.random((cells, 3)) < often
    ranks = rank(scores, positive)
    columns = zip(scores.T, positive.T, ranks.average_precision, ranks.roc_auc, strict=True)
    pooled = scores.ravel(), positive.ravel(), ranks.micro_average_precision, ranks.micro_roc_auc
    for values, has, precision, area in (*columns, pooled):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = metrics.average_precision_score(has, values) if has.any() else np.nan
            expected_area = metrics.roc_auc_score(has, values) if 0 < has.sum() < has.size else np.nan
        assert precision == pytest.approx(expected, abs=1e-12, nan_ok=True)
        assert area == pytest.approx(expected_area, abs=1e-12, nan_ok=True)


def test_many_scores_of_which_most_are_low() -> None:
    """As of a classifier, and more than are taken at once."""
    random = np.random.default_rng(0)
    scores = random.beta(0.08, 4.0, (40_000, 4)).astype(np.float32)
    positive = random.random(scores.shape) < 0.1 + 0.5 * scores
    ranks = rank(scores, positive)
    for name, measure in (
        ("average_precision", metrics.average_precision_score),
        ("roc_auc", metrics.roc_auc_score),
    ):
        expected = measure(positive, scores, average=None)
        np.testing.assert_allclose(getattr(ranks, name), expected, rtol=0, atol=1e-12)
        micro = measure(positive, scores, average="micro")
        assert getattr(ranks, f"micro_{name}") == pytest.approx(micro, abs=1e-12)


@given(cuts=st.lists(st.integers(0, 100), max_size=6), seed=st.integers(0, 1000))
def test_it_does_not_matter_how_scores_are_divided(cuts: list[int], seed: int) -> None:
    random = np.random.default_rng(seed)
    scores = random.integers(0, 30, (100, 3)) / np.float32(30)
    positive = random.random(scores.shape) < 0.3
    ranking = Ranking()
    for take in (ranking.add, ranking.compare):
        for rows in np.split(np.arange(100), sorted(cuts)):
            take(scores[rows], positive[rows])
    found, whole = ranking.finish(), rank(scores, positive)
    for name, figures in vars(whole).items():
        np.testing.assert_array_equal(getattr(found, name), figures, err_msg=name)


def test_numbers_that_are_none_have_no_ranking() -> None:
    scores = np.array([[np.nan, 0.3], [0.5, 0.6]])
    ranks = rank(scores, np.array([[True, False], [False, True]]))
    np.testing.assert_array_equal(ranks.average_precision, [np.nan, 1.0])
    np.testing.assert_array_equal(ranks.roc_auc, [np.nan, 1.0])
    assert np.isnan([ranks.micro_average_precision, ranks.micro_roc_auc]).all()
