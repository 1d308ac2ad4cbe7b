import numpy as np
import pytest

from data.calibration.calibration_error import calibrate_by_others, measure_calibration_errors
from data.calibration.fitting import fit_calibration


def error_by_hand(values: np.ndarray, truth: np.ndarray) -> float:
    total = 0.0
    for number in range(15):
        inside = [cell for cell in range(len(values)) if min(int(values[cell] * 15), 14) == number]
        if inside:
            total += len(inside) * abs(values[inside].mean() - truth[inside].mean())
    return total / len(values)


def test_errors_beside_a_plain_loop() -> None:
    random = np.random.default_rng(4)
    values, targets = random.random((200, 3)), (random.random((200, 3)) < 0.3).astype(np.float32)
    targets[:, 2] = 0
    values[0, 0] = 1
    found = measure_calibration_errors(values, targets)
    assert found[:2] == pytest.approx(
        [error_by_hand(values[:, label], targets[:, label]) for label in (0, 1)]
    )
    assert np.isnan(found[2])


@pytest.mark.parametrize("kind", ["temperature", "isotonic"])
def test_each_part_is_calibrated_by_the_others(kind) -> None:
    random = np.random.default_rng(5)
    values, parts = random.random((90, 2)), np.arange(90) % 3
    targets = (random.random((90, 2)) < values).astype(np.float32)
    found = calibrate_by_others(kind, values, targets, parts)
    for part in range(3):
        others = parts != part
        expected = fit_calibration(kind, values[others], targets[others]).apply(values[~others])
        np.testing.assert_array_equal(found[~others], expected)
