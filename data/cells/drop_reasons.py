"""Why a cell is left out of training and of the submission: the column ``dropped`` of the cells table."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

UNREADABLE = "unreadable"
TOO_SMALL = "too small"
CUT_BY_BORDER = "cut by the border"
TOO_DARK = "too dark"
DROP_REASONS = (UNREADABLE, TOO_SMALL, CUT_BY_BORDER, TOO_DARK)
"""All reasons, in the order in which they are looked for; a cell gets the first that holds."""

MIN_AREA_UM2 = 35.0
MIN_FRACTION_INSIDE = 0.5
MIN_INTENSITY = 0.01
"""The usual limits."""

_LANDMARKS = ["mean_red", "mean_blue", "mean_yellow"]


@dataclass(frozen=True)
class DropLimits:
    """Limits below which a cell is left out.

    Attributes
    ----------
    min_area_px
        Area of the cell, px: one limit, or one per row, where fields differ in pixel size.
    min_fraction_inside
        Estimated share of the cell inside the image. HPA's annotators leave out cells of which more than
        half is outside.
    min_intensity
        Mean of the brightest of the stains red, blue and yellow, 0..1. The protein's own channel does not
        count: a cell without the protein is a finding (negative), not a fault.
    """

    min_area_px: float | NDArray[np.floating]
    min_fraction_inside: float
    min_intensity: float


def find_drop_reasons(cells: pd.DataFrame, limits: DropLimits) -> NDArray[Any]:
    """Find for each row of a cells table why it is left out.

    Returns
    -------
    ndarray (n,)
        One of ``DROP_REASONS``, or an empty string for a cell that stays.
    """
    landmarks = cells[_LANDMARKS].to_numpy(np.float32)
    conditions = {
        UNREADABLE: np.isnan(landmarks).any(axis=1),
        TOO_SMALL: (cells["area_px"] < limits.min_area_px).to_numpy(),
        CUT_BY_BORDER: (cells["border_fraction_inside"] < limits.min_fraction_inside).to_numpy(),
        TOO_DARK: landmarks.max(axis=1, initial=0) < limits.min_intensity,
    }
    return np.select(list(conditions.values()), list(conditions), default="")
