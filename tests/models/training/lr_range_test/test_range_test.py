import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.training.gradients import DivergedError
from models.training.lr_range_test.range_test import find_rate
from models.training.lr_range_test.settings import RateFinderSettings

SHARP = RateFinderSettings(smoothing=0)


def quadratic(steepness: list[float], seed: int) -> Callable[[float], float]:
    """Descend a noisy quadratic, on which steps stay stable below the rate 2 / steepness."""
    random, weights, curvature = np.random.default_rng(seed), np.ones(len(steepness)), np.array(steepness)

    def step(rate: float) -> float:
        nonlocal weights
        loss = 0.5 * (curvature * weights**2).sum() + 1
        weights = weights - rate * curvature * (weights + 0.03 * random.standard_normal(len(weights)))
        return float(loss * (1 + 0.03 * random.standard_normal()))

    return step


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("steepness", [[10.0, 1.0, 0.1], [100.0, 30.0, 3.0, 1.0]])
def test_the_highest_rate_is_just_stable(steepness: list[float], seed: int) -> None:
    curve = find_rate(quadratic(steepness, seed), 100, RateFinderSettings())
    stable = 2 / max(steepness)
    assert 0.1 * stable < curve.highest <= 1.2 * stable
    assert 0.01 * stable < curve.steepest < curve.highest
    assert len(curve.rates) < 100
    assert curve.losses[-1] > 4 * curve.losses.min()


def test_suggestions_of_a_known_curve() -> None:
    """A loss that falls most steeply at 1e-3, and rises again from 1e-1."""

    def step(rate: float) -> float:
        place = math.log10(rate)
        return 1 + 1 / (1 + math.exp(4 * (place + 3))) + (max(0.0, place + 1) ** 2)

    curve = find_rate(step, 101, SHARP)
    assert curve.rates[[0, -1]] == pytest.approx([1e-5, 1])
    assert np.diff(np.log(curve.rates)) == pytest.approx(math.log(1e5) / 100)
    assert curve.steepest == pytest.approx(1e-3, rel=0.13)
    assert curve.highest == pytest.approx(1e-1, rel=0.13)
    np.testing.assert_allclose(curve.smoothed, curve.losses)


@given(losses=st.lists(st.floats(0.1, 1.0), min_size=2, max_size=50), smoothing=st.floats(0, 0.99))
def test_suggestions_are_among_the_rates(losses: list[float], smoothing: float) -> None:
    left = iter(losses)
    settings = RateFinderSettings(smoothing=smoothing, stop=100)
    curve = find_rate(lambda _: next(left), len(losses), settings)
    assert curve.losses.tolist() == losses
    assert min(losses) - 1e-9 <= curve.smoothed.min() <= curve.smoothed.max() <= max(losses) + 1e-9
    if math.isnan(curve.highest):
        assert math.isnan(curve.steepest)
        assert curve.smoothed.argmin() == 0
    else:
        assert curve.rates[0] <= curve.steepest <= curve.highest <= curve.rates[-1]


def test_a_loss_that_never_falls_gives_no_suggestion() -> None:
    curve = find_rate(lambda rate: 1 + rate, 20, SHARP)
    assert math.isnan(curve.steepest)
    assert math.isnan(curve.highest)


def diverge(_: float) -> float:
    raise DivergedError(found="the loss became nan", where="training")


@pytest.mark.parametrize("end", [lambda _: math.nan, lambda _: math.inf, lambda _: 1e9, diverge])
def test_an_explosion_ends_the_test_and_does_not_reach_back(end: Callable[[float], float]) -> None:
    calls: list[float] = []

    def step(rate: float) -> float:
        calls.append(rate)
        return 3 - 0.1 * len(calls) if len(calls) <= 10 else end(rate)

    curve = find_rate(step, 40, SHARP)
    assert len(calls) == 11
    assert curve.rates.tolist() == calls
    assert curve.highest == calls[9]
    assert np.isfinite(curve.smoothed).all()


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_a_loss_that_is_no_number_from_the_start(loss: float) -> None:
    curve = find_rate(lambda _: loss, 10, RateFinderSettings())
    assert len(curve.rates) == 1
    assert math.isnan(curve.highest)
