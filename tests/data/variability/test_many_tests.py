import numpy as np

from data.variability.many_tests import adjust_p_values, join_p_values


def test_q_values_are_those_of_benjamini_and_hochberg() -> None:
    # The example of their paper: 15 tests, of which four are found at 0.05.
    paper = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262]
    p_values = np.array([*paper, 0.5719, 0.6528, 0.7590, 1.0])
    assert (adjust_p_values(p_values) <= 0.05).sum() == 4
    plain = [min((15 * p_values[later] / (later + 1)) for later in range(rank, 15)) for rank in range(15)]
    np.testing.assert_allclose(adjust_p_values(p_values), plain)
    shuffled = np.random.default_rng(2).permutation(15)
    mixed = np.append(p_values[shuffled], np.nan).reshape(4, 4)
    found = adjust_p_values(mixed)
    np.testing.assert_allclose(found.ravel()[:15], np.array(plain)[shuffled])
    assert np.isnan(found[3, 3])


def test_nothing_tested() -> None:
    assert np.isnan(adjust_p_values(np.full((2, 2), np.nan))).all()
    assert np.isnan(join_p_values(np.full(2, np.nan), np.array([0, 0]), 1)).all()


def test_simes_of_each_group() -> None:
    p_values = np.array([0.04, 0.3, np.nan, 0.01, 0.02, 0.9, 0.001])
    groups = np.array([0, 0, 0, 1, 1, 1, -1])
    found = join_p_values(p_values, groups, 3)
    np.testing.assert_allclose(found, [0.08, 0.03, np.nan])
