"""Cells that count less than others, or not at all."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field as Setting

from data.rules.cell_facts import CellFacts
from data.settings import Settings

_TO_DEVIATION = 1.4826
"""Standard deviations in a median absolute deviation of normal numbers."""


class CellRules(Settings):
    """What a cell's place, size and stains make of its confidences."""

    border: Literal["keep", "weight"] = Setting(
        "keep",
        description="weight: multiply by the part of the cell inside its image",
    )
    invisible: Literal["keep", "leave-out"] = Setting(
        "keep", description="leave-out: do not write cells whose nucleus is darker than min_nucleus_intensity"
    )
    min_nucleus_intensity: float = Setting(
        0.04,
        ge=0,
        le=1,
        description="mean grey value of a visible nucleus, 0..1 of full scale",
    )
    size: Literal["keep", "weight", "leave-out"] = Setting(
        "keep",
        description="what is done with cells whose area is an outlier: weight: multiply by max_deviations "
        "divided by the deviations",
    )
    max_deviations: float = Setting(
        3.0,
        gt=0,
        description="standard deviations of the logarithm of the area, by the median absolute deviation, "
        "from which on a cell is an outlier",
    )


@dataclass(frozen=True)
class SizeSpread:
    """How large cells are.

    Attributes
    ----------
    centre
        Median of the logarithms of their areas.
    deviation
        Standard deviation of these by the median absolute deviation; 0 where more than half of the areas are
        equal.
    """

    centre: float
    deviation: float


def measure_spread(areas: NDArray[np.float64]) -> SizeSpread:
    """Measure how large cells are by their areas (n,)."""
    if not len(areas):
        return SizeSpread(0.0, 0.0)
    logarithms = np.log(areas)
    centre = np.median(logarithms)
    return SizeSpread(float(centre), float(_TO_DEVIATION * np.median(np.abs(logarithms - centre))))


def find_left_out(cells: CellFacts, rules: CellRules, spread: SizeSpread | None) -> NDArray[np.bool_]:
    """Find the cells that are not to be written, (n,) bool; one of which a fact is not known stays.

    Without a spread, sizes are compared with those of these cells.
    """
    left_out = np.zeros(len(cells.image_ids), bool)
    if rules.invisible == "leave-out":
        left_out |= cells.nucleus_intensity < rules.min_nucleus_intensity
    if rules.size == "leave-out":
        left_out |= measure_deviations(cells.areas, spread) > rules.max_deviations
    return left_out


def weigh_cells(cells: CellFacts, rules: CellRules, spread: SizeSpread | None) -> NDArray[np.float64]:
    """Compute the factor of each cell's confidences, (n,) 0..1; the spread is that of `find_left_out`."""
    weights = np.ones(len(cells.image_ids))
    if rules.border == "weight":
        weights *= cells.fraction_inside
    if rules.size == "weight":
        deviations = measure_deviations(cells.areas, spread)
        weights *= rules.max_deviations / np.maximum(deviations, rules.max_deviations)
    return weights


def measure_deviations(areas: NDArray[np.float64], spread: SizeSpread | None = None) -> NDArray[np.float64]:
    """Measure how far the logarithms of areas lie from their centre, in standard deviations.

    The centre and the deviation are those of a spread, or of these areas; 0 for all where the deviation is.
    """
    spread = spread or measure_spread(areas)
    if not spread.deviation > 0:
        return np.zeros(len(areas))
    return np.abs(np.log(areas) - spread.centre) / spread.deviation
