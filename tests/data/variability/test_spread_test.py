"""The test of cells that differ: its rate of false positives where all cells are alike, and what it finds."""

import numpy as np
import pytest
from numpy.typing import NDArray

from data.variability import spread_test
from data.variability.cell_groups import CellGroups
from data.variability.many_tests import adjust_p_values

IMAGES, SETS = 300, 5
STATES = {
    "have or lack it": lambda random: np.where(random.random(IMAGES) < 0.8, -4.0, 2.0),
    "mostly near 0, some anywhere": lambda random: np.where(
        random.random(IMAGES) < 0.9, -8, random.normal(-1, 2, IMAGES)
    ),
    "anywhere": lambda random: random.normal(-2, 2, IMAGES),
    "all middling": lambda random: np.full(IMAGES, 0.0),
}


def simulate(
    seed: int, state: str, cells: tuple[int, int], tails: str, unlike: float
) -> tuple[NDArray[np.float32], CellGroups]:
    """Return the probabilities of images each of which has cells that are alike but for the classifier."""
    random = np.random.default_rng(seed)
    of_cells = np.repeat(np.arange(IMAGES), random.integers(*cells, IMAGES, endpoint=True))
    normal, heavy = random.normal(size=len(of_cells)), random.standard_t(4, len(of_cells)) / np.sqrt(2)
    # The classifier is less sure in some images than in others.
    noise = 0.8 * np.exp(random.normal(0, unlike, IMAGES)[of_cells]) * (heavy if tails == "t" else normal)
    log_odds = STATES[state](random)[of_cells] + noise
    groups = CellGroups(of_cells, IMAGES)
    return (1 / (1 + np.exp(-log_odds))).astype(np.float32)[groups.order], groups


def find_p_values(probabilities: NDArray[np.floating], groups: CellGroups) -> NDArray[np.float64]:
    return spread_test.test_spread(groups.sizes, spread_test.measure_spreads(probabilities, groups))


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("cells", [(5, 6), (5, 40), (50, 60)])
@pytest.mark.parametrize(("tails", "unlike"), [("normal", 0.0), ("normal", 0.2), ("t", 0.2), ("t", 0.0)])
def test_false_positives_are_at_most_at_the_nominal_level(
    state: str, cells: tuple[int, int], tails: str, unlike: float
) -> None:
    found = [find_p_values(*simulate(seed, state, cells, tails, unlike)) for seed in range(SETS)]
    p_values = np.concatenate(found)
    tested = p_values[np.isfinite(p_values)]
    assert len(tested) > 0.85 * len(p_values)
    for level in (0.01, 0.05, 0.1, 0.2):
        # Three standard errors of a rate.
        assert (tested <= level).mean() <= level + 3 * np.sqrt(level / len(tested))
    # Not so conservative that nothing could be found.
    assert (tested <= 0.2).mean() > 0.03


def test_nothing_is_found_among_many_tests_where_all_cells_are_alike() -> None:
    found = 0
    for seed in range(12):
        p_values = [
            find_p_values(*simulate(100 * seed + label, "have or lack it", (5, 40), "normal", 0.1))
            for label in range(5)
        ]
        found += bool((adjust_p_values(np.array(p_values)) <= 0.05).any())
    # Each with a probability of at most 0.05: three or more of twelve with one of 0.02.
    assert found < 3


@pytest.mark.parametrize(("share", "found"), [(0.15, 0.4), (0.25, 0.8), (0.4, 0.8)])
def test_images_of_two_kinds_of_cells_are_found(share: float, found: float) -> None:
    probabilities, groups = simulate(5, "have or lack it", (15, 30), "normal", 0.1)
    random = np.random.default_rng(6)
    of_cells = groups.spread(np.arange(IMAGES))
    mixed = of_cells < 15
    log_odds = np.where(random.random(len(of_cells)) < share, 2.0, -4.0) + random.normal(
        0, 0.8, len(of_cells)
    )
    probabilities[mixed] = 1 / (1 + np.exp(-log_odds[mixed]))
    q_values = adjust_p_values(find_p_values(probabilities, groups))
    assert (q_values[:15] <= 0.05).mean() >= found
    assert (q_values[15:] <= 0.05).mean() <= 0.01


def test_middling_cells_that_are_alike_are_not_found() -> None:
    probabilities, groups = simulate(5, "all middling", (10, 30), "normal", 0.0)
    called = groups.sum(probabilities >= 0.5)
    # Calls differ in nearly every image, by chance.
    assert ((called > 0) & (called < groups.sizes)).mean() > 0.9
    assert not (adjust_p_values(find_p_values(probabilities, groups)) <= 0.05).any()


def test_few_cells_and_few_images_are_not_tested() -> None:
    sizes = np.append(np.full(spread_test.MIN_IMAGES, spread_test.MIN_CELLS), [4, 1, 0])
    groups = CellGroups(np.repeat(np.arange(len(sizes)), sizes), len(sizes))
    values = np.random.default_rng(0).uniform(0.4, 0.6, sizes.sum())
    found = find_p_values(values, groups)
    assert np.isnan(found).tolist() == [False] * spread_test.MIN_IMAGES + [True] * 3
    fewer = CellGroups(np.repeat(np.arange(19), 5), 19)
    assert np.isnan(find_p_values(values[: 19 * 5], fewer)).all()


def test_equal_cells_everywhere_and_extreme_probabilities() -> None:
    groups = CellGroups(np.repeat(np.arange(40), 6), 40)
    for value in (0.0, 0.3, 1.0):
        found = find_p_values(np.full(240, value, np.float32), groups)
        assert (found >= 0.5).all()


def test_comparison_in_parts_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    made = simulate(1, "anywhere", (5, 40), "normal", 0.1)
    whole = find_p_values(*made)
    monkeypatch.setattr(spread_test, "_IMAGES_AT_A_TIME", 7)
    np.testing.assert_array_equal(find_p_values(*made), whole)
