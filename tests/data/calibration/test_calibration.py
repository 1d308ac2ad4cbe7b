import math

import numpy as np
import pytest
from pydantic import ValidationError

from data.calibration.calibration import IsotonicCalibration, IsotonicCurve, TemperatureCalibration

VALUES = np.array([[0.0, 0.2], [0.5, 0.9], [1.0, 0.6]])


def test_a_temperature_beside_the_formula() -> None:
    found = TemperatureCalibration(temperatures=(2.0, 0.5)).apply(VALUES)
    assert found[:, 0].tolist() == [0, 0.5, 1]
    for row, value in enumerate(VALUES[:, 1]):
        odds = math.log(value / (1 - value)) / 0.5
        assert found[row, 1] == pytest.approx(1 / (1 + math.exp(-odds)))


def test_a_curve_beside_straight_lines() -> None:
    curve = IsotonicCurve(probabilities=(0.2, 0.6), calibrated=(0.1, 0.5))
    straight = IsotonicCurve(probabilities=(0.0, 1.0), calibrated=(0.0, 1.0))
    found = IsotonicCalibration(curves=(curve, straight)).apply(VALUES)
    np.testing.assert_allclose(found[:, 0], [0.1, 0.4, 0.5])
    np.testing.assert_array_equal(found[:, 1], VALUES[:, 1])


@pytest.mark.parametrize("temperature", [0.0, -1.0, math.nan, math.inf])
def test_temperatures_that_are_none(temperature: float) -> None:
    with pytest.raises(ValidationError):
        TemperatureCalibration(temperatures=(1.0, temperature))


@pytest.mark.parametrize(
    ("points", "values"),
    [
        ((), ()),
        ((0.1, 0.2), (0.1,)),
        ((0.2, 0.2), (0.1, 0.2)),
        ((0.1, 0.2), (0.3, 0.2)),
        ((0.1, math.nan), (0.1, 0.2)),
        ((0.1, 0.2), (0.1, 1.5)),
    ],
)
def test_curves_that_are_none(points: tuple[float, ...], values: tuple[float, ...]) -> None:
    with pytest.raises(ValidationError):
        IsotonicCurve(probabilities=points, calibrated=values)
