"""The line of costs, compared with NumPy and SciPy."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import nnls

from pipeline.plan.linear_cost import fit_cost

POINTS = st.lists(st.tuples(st.integers(1, 1000), st.floats(0.01, 1000)), min_size=2, max_size=6)


def test_points_on_a_line_give_it() -> None:
    cost = fit_cost([(4, 2 + 4 * 0.5), (10, 2 + 10 * 0.5), (30, 2 + 30 * 0.5)])
    assert (cost.fixed, cost.per_unit) == (pytest.approx(2), pytest.approx(0.5))
    assert cost.at(1000) == pytest.approx(502)


@given(POINTS)
def test_it_is_the_line_of_least_squares_whose_parts_are_not_below_0(points: list[tuple[int, float]]) -> None:
    x, y = (np.array(values, float) for values in zip(*points, strict=True))
    if len(set(x)) == 1:
        return
    cost = fit_cost(points)
    reference, _ = nnls(np.column_stack([np.ones_like(x), x]), y)
    assert np.allclose([cost.fixed, cost.per_unit], reference, rtol=1e-6, atol=1e-6)


def test_of_one_number_of_units_all_is_theirs() -> None:
    cost = fit_cost([(5, 10.0), (5, 12.0)])
    assert (cost.fixed, cost.per_unit) == (pytest.approx(0), pytest.approx(2.2))


def test_of_no_units_all_is_fixed() -> None:
    cost = fit_cost([(0, 3.0), (0, 5.0)])
    assert (cost.fixed, cost.per_unit) == (4, 0)
    assert cost.at(100) == 4


def test_the_deviation_is_that_of_many_drawn_lines() -> None:
    x, y = np.array([4.0, 4.0, 24.0]), np.array([3.0, 3.0, 13.0])
    cost = fit_cost(list(zip(x.tolist(), y.tolist(), strict=True)))
    rng = np.random.default_rng(0)
    drawn = [np.polyval(np.polyfit(x, y * rng.normal(1, 0.05, 3), 1), 200) for _ in range(4000)]
    assert cost.deviation_at(200, 0.05) == pytest.approx(np.std(drawn), rel=0.05)


def test_the_deviation_within_what_was_measured_is_that_of_the_mean() -> None:
    cost = fit_cost([(5, 10.0), (5, 10.0)])
    assert cost.deviation_at(5, 0.1) == pytest.approx(1 / math.sqrt(2))
