import numpy as np
import pytest
from scipy.special import expit, logit

from data.calibration.calibration import IsotonicCalibration, TemperatureCalibration
from data.calibration.fitting import fit_calibration


def pool_adjacent_violators(values: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Fit a rising step function to the truth at each value, by hand: blocks that fall are averaged."""
    blocks: list[list[float]] = []
    for value in np.unique(values):
        members = truth[values == value]
        blocks.append([float(members.sum()), float(len(members)), 1])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] >= blocks[-1][0] / blocks[-1][1]:
            last = blocks.pop()
            blocks[-1] = [one + other for one, other in zip(blocks[-1], last, strict=True)]
    steps = np.concatenate([np.full(int(points), total / count) for total, count, points in blocks])
    return steps[np.searchsorted(np.unique(values), values)]


@pytest.fixture
def cells() -> tuple[np.ndarray, np.ndarray]:
    """Too sure of one class and too unsure of the other, in steps so that values repeat."""
    random = np.random.default_rng(1)
    true = random.uniform(0.02, 0.98, (3000, 2))
    said = expit(logit(true) * np.array([3.0, 0.5]))
    return np.round(said, 2).clip(0.01, 0.99), (random.random(true.shape) < true).astype(np.float32)


def test_temperatures_undo_what_was_done() -> None:
    random = np.random.default_rng(1)
    true = random.uniform(0.02, 0.98, (20_000, 2))
    targets = (random.random(true.shape) < true).astype(np.float32)
    fitted = fit_calibration("temperature", expit(logit(true) * np.array([3.0, 0.5])), targets)
    assert isinstance(fitted, TemperatureCalibration)
    assert fitted.temperatures == pytest.approx((3.0, 0.5), rel=0.1)


def test_a_temperature_has_the_least_loss(cells) -> None:
    values, truth = cells[0][:, 0], cells[1][:, 0] > 0

    def loss(temperature: float) -> float:
        found = expit(logit(values) / temperature)
        right = np.maximum(np.where(truth, found, 1 - found), 1e-300)
        return float(-np.log(right).mean())

    fitted = fit_calibration("temperature", *cells)
    assert isinstance(fitted, TemperatureCalibration)
    grid = np.exp(np.linspace(np.log(0.06), np.log(19), 400))
    assert loss(fitted.temperatures[0]) <= min(map(loss, grid)) + 1e-6


def test_isotonic_curves_beside_pooling_by_hand(cells) -> None:
    values, targets = cells
    fitted = fit_calibration("isotonic", values, targets)
    found = fitted.apply(values)
    for label in range(2):
        expected = pool_adjacent_violators(values[:, label], targets[:, label])
        np.testing.assert_allclose(found[:, label], expected, atol=1e-9)
    order = np.argsort(values[:, 0])
    assert (np.diff(found[order, 0]) >= 0).all()


@pytest.mark.parametrize("kind", ["temperature", "isotonic"])
def test_classes_that_cannot_be_fitted_stay(kind, cells) -> None:
    values, targets = cells
    targets = targets.copy()
    targets[:, 0] = 0
    np.testing.assert_allclose(fit_calibration(kind, values, targets).apply(values)[:, 0], values[:, 0])
    targets[:, 0] = 1
    np.testing.assert_allclose(fit_calibration(kind, values, targets).apply(values)[:, 0], values[:, 0])


@pytest.mark.parametrize("kind", ["temperature", "isotonic"])
def test_what_is_sure_and_wrong_is_no_infinity(kind) -> None:
    values = np.array([[0.0], [1.0], [0.5], [1.0]], np.float32)
    targets = np.array([[1], [0], [1], [1]], np.float32)
    found = fit_calibration(kind, values, targets).apply(values)
    assert ((found >= 0) & (found <= 1)).all()


def test_ties_of_a_few_cells() -> None:
    values = np.full((4, 1), 0.3)
    fitted = fit_calibration("isotonic", values, np.array([[1], [0], [0], [0]], np.float32))
    assert isinstance(fitted, IsotonicCalibration)
    np.testing.assert_allclose(fitted.apply(np.array([[0.0], [0.3], [1.0]])), 0.25)
