import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from data.thresholds.greedy import GreedyThresholds
from data.thresholds.half import HalfThresholds
from data.thresholds.one import OneThreshold
from data.thresholds.per_class import PerClassThresholds
from data.thresholds.thresholds import ThresholdSettings, find_thresholds

SETTINGS = TypeAdapter[ThresholdSettings](ThresholdSettings)
SEARCHING = [OneThreshold(), GreedyThresholds(), PerClassThresholds(step=0.02)]

seeds = st.integers(0, 2**32 - 1)


def make_cells(
    seed: int, count: int = 40, classes: int = 5, decimals: int = 2
) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    targets = (random.random((count, classes)) < random.uniform(0.05, 0.5, classes)).astype(np.float32)
    targets[0] = 1
    probabilities = np.clip(random.random((count, classes)) * 0.7 + 0.3 * targets, 0, 1)
    return np.round(probabilities, decimals), targets


def f1(found: np.ndarray, true: np.ndarray) -> float:
    right = sum(1 for a, b in zip(found, true, strict=True) if a and b)
    return 2 * right / max(found.sum() + true.sum(), 1)


def macro_f1(probabilities: np.ndarray, targets: np.ndarray, values: np.ndarray) -> float:
    return float(
        np.mean([f1(p >= v, t > 0) for p, t, v in zip(probabilities.T, targets.T, values, strict=True)])
    )


def nearest_best(scores: list[float], grid: list[float], preferred: float) -> float:
    """The brute-force choice: highest score, then nearest to the preferred threshold, then lowest."""
    return min(
        zip(scores, grid, strict=True),
        key=lambda pair: (-round(pair[0], 10), round(abs(pair[1] - preferred), 9), pair[1]),
    )[1]


@given(seed=seeds)
@examples(max_examples=25, deadline=None)
def test_one_is_the_best_of_the_grid(seed: int) -> None:
    probabilities, targets = make_cells(seed)
    grid = [round(0.1 + 0.05 * step, 2) for step in range(17)]
    scores = [macro_f1(probabilities, targets, np.full(5, value)) for value in grid]
    values = find_thresholds(OneThreshold(), probabilities, targets)
    np.testing.assert_allclose(values, nearest_best(scores, grid, 0.5))


@given(seed=seeds)
@examples(max_examples=25, deadline=None)
def test_greedy_is_one_pass_over_the_classes(seed: int) -> None:
    probabilities, targets = make_cells(seed)
    grid = [round(0.1 + 0.05 * step, 2) for step in range(17)]
    expected = find_thresholds(OneThreshold(), probabilities, targets).copy()
    start = expected[0]
    for label in range(5):
        scores = []
        for value in grid:
            expected[label] = value
            scores.append(macro_f1(probabilities, targets, expected))
        expected[label] = nearest_best(scores, grid, start)
    values = find_thresholds(GreedyThresholds(), probabilities, targets)
    np.testing.assert_allclose(values, expected)


@given(seed=seeds)
@examples(max_examples=5, deadline=None)
def test_per_class_on_a_grid_of_thousandths(seed: int) -> None:
    probabilities, targets = make_cells(seed, count=25, classes=2, decimals=4)
    grid = [round(0.001 * step, 3) for step in range(1001)]
    expected = [
        nearest_best([f1(p >= value, t > 0) for value in grid], grid, 0.5)
        for p, t in zip(probabilities.T, targets.T, strict=True)
    ]
    values = find_thresholds(PerClassThresholds(), probabilities, targets)
    np.testing.assert_allclose(values, expected)


@given(seed=seeds)
@examples(max_examples=25, deadline=None)
def test_each_search_is_at_least_as_good_as_the_one_before(seed: int) -> None:
    probabilities, targets = make_cells(seed)
    kinds = [HalfThresholds(), OneThreshold(), GreedyThresholds(), PerClassThresholds()]
    scores = [
        macro_f1(probabilities, targets, find_thresholds(kind, probabilities, targets)) for kind in kinds
    ]
    assert (np.diff(scores) >= -1e-12).all()


@pytest.mark.parametrize("settings", SEARCHING, ids=lambda settings: settings.kind)
def test_an_absent_class_keeps_the_threshold_for_all(settings: ThresholdSettings) -> None:
    probabilities, targets = make_cells(3)
    present = [0, 2, 4]
    targets[:, [1, 3]] = 0
    values = find_thresholds(settings, probabilities, targets)
    assert values[1] == values[3]
    alone = find_thresholds(settings, probabilities[:, present], targets[:, present])
    np.testing.assert_array_equal(values[present], alone)
    if settings.kind == "greedy":
        assert values[1] == find_thresholds(OneThreshold(), probabilities, targets)[0]


@pytest.mark.parametrize("settings", [HalfThresholds(), *SEARCHING], ids=lambda settings: settings.kind)
@pytest.mark.parametrize("count", [0, 6])
def test_without_any_true_class(settings: ThresholdSettings, count: int) -> None:
    values = find_thresholds(settings, np.full((count, 3), 0.7), np.zeros((count, 3)))
    np.testing.assert_array_equal(values, [0.5] * 3)


def test_ties_are_settled_next_to_one_half() -> None:
    """Class 0 is parted by all above 0.2 and up to 0.8; class 1, always true, by all up to 0.3."""
    probabilities = np.array([[0.2, 0.3], [0.8, 0.4]])
    targets = np.array([[0, 1], [1, 1]])
    np.testing.assert_allclose(find_thresholds(PerClassThresholds(), probabilities, targets), [0.5, 0.3])


def test_soft_targets_count_from_one_half() -> None:
    probabilities, targets = make_cells(8)
    soft = np.where(targets > 0, 0.5, 0.49)
    np.testing.assert_array_equal(
        find_thresholds(GreedyThresholds(), probabilities, soft),
        find_thresholds(GreedyThresholds(), probabilities, targets),
    )


def test_arrays_that_differ_in_shape() -> None:
    with pytest.raises(ValueError, match=r"\(4, 3\).*\(4, 2\)"):
        find_thresholds(HalfThresholds(), np.zeros((4, 3)), np.zeros((4, 2)))


def test_half_is_the_default() -> None:
    assert SETTINGS.validate_python({}) == HalfThresholds()
    assert SETTINGS.validate_python({"kind": "one", "step": 0.1}) == OneThreshold(step=0.1)


@pytest.mark.parametrize(
    "given", [{"kind": "half", "step": 0.1}, {"kind": "best"}, {"kind": "one", "least": 0.9, "most": 0.1}]
)
def test_settings_that_cannot_be(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        SETTINGS.validate_python(given)
