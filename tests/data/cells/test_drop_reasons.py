import numpy as np
import pandas as pd

from data.cells.drop_reasons import DropLimits, find_drop_reasons

LIMITS = DropLimits(min_area_px=100, min_fraction_inside=0.5, min_intensity=0.01)
GOOD = {"area_px": 500, "border_fraction_inside": 1.0, "mean_red": 0.1, "mean_blue": 0.1, "mean_yellow": 0.1}


def reason(**changes: float) -> str:
    return find_drop_reasons(pd.DataFrame([GOOD | changes]), LIMITS)[0]


def test_each_reason() -> None:
    assert reason() == ""
    assert reason(area_px=99) == "too small"
    assert reason(border_fraction_inside=0.49) == "cut by the border"
    assert reason(mean_red=0.009, mean_blue=0.005, mean_yellow=0) == "too dark"
    assert reason(mean_red=np.nan) == "unreadable"


def test_limits_themselves_stay() -> None:
    assert reason(area_px=100, border_fraction_inside=0.5, mean_red=0.01, mean_blue=0, mean_yellow=0) == ""


def test_one_bright_landmark_is_enough() -> None:
    assert reason(mean_red=0, mean_yellow=0) == ""


def test_the_first_reason_counts() -> None:
    assert reason(area_px=1, border_fraction_inside=0.1, mean_red=np.nan) == "unreadable"
    assert reason(area_px=1, border_fraction_inside=0.1) == "too small"


def test_no_cells() -> None:
    assert find_drop_reasons(pd.DataFrame([GOOD])[:0], LIMITS).tolist() == []
