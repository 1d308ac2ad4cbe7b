"""The cost of a stage: a fixed part, and a part per unit of work."""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class LinearCost:
    """A straight line through measured costs, none of whose two parts is below 0.

    Attributes
    ----------
    fixed
        Cost of no unit: start-up.
    per_unit
        Cost of a further one.
    points
        (units, cost) of each measurement.
    """

    fixed: float
    per_unit: float
    points: tuple[tuple[float, float], ...]

    def at(self, units: float) -> float:
        """Return the cost of so many units."""
        return self.fixed + self.per_unit * units

    def deviation_at(self, units: float, relative: float) -> float:
        """Return the standard deviation of the cost of so many units.

        Each measurement is taken to have the standard deviation ``relative`` of its own cost, independently
        of the others; the line's value is a weighted sum of them.
        """
        count = len(self.points)
        mean = sum(x for x, _ in self.points) / count
        spread = sum((x - mean) ** 2 for x, _ in self.points)
        weights = [
            1 / count + ((units - mean) * (x - mean) / spread if spread else 0.0) for x, _ in self.points
        ]
        variances = (
            (weight * relative * y) ** 2 for weight, (_, y) in zip(weights, self.points, strict=True)
        )
        return math.sqrt(sum(variances))


def fit_cost(points: Sequence[tuple[float, float]]) -> LinearCost:
    """Fit the line of least squares with both parts at least 0.

    Parameters
    ----------
    points
        (units, cost) of at least one measurement. Where all have as many units, nothing shows what a further
        unit costs: all of it is taken for the cost of units, or is fixed where there are none.
    """
    count = len(points)
    mean_x, mean_y = (sum(values) / count for values in zip(*points, strict=True))
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    if not spread:
        per_unit = mean_y / mean_x if mean_x else 0.0
        return LinearCost(mean_y - per_unit * mean_x, per_unit, tuple(points))
    per_unit = sum((x - mean_x) * (y - mean_y) for x, y in points) / spread
    fixed = mean_y - per_unit * mean_x
    if per_unit < 0:
        fixed, per_unit = mean_y, 0.0
    elif fixed < 0:
        fixed, per_unit = 0.0, sum(x * y for x, y in points) / sum(x * x for x, _ in points)
    return LinearCost(fixed, per_unit, tuple(points))
