import math
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from data.plots.rate_curve import draw_rate_curve
from data.training.rate_curve import RateCurve, write_rate_curve
from models.training.lr_range_test.range_test import find_rate
from models.training.lr_range_test.settings import RateFinderSettings


@pytest.fixture
def curve() -> RateCurve:
    return find_rate(lambda rate: 1 / (1 + rate) if rate < 0.1 else math.inf, 30, RateFinderSettings())


def test_a_row_a_step(tmp_path: Path, curve: RateCurve) -> None:
    write_rate_curve(tmp_path / "rates.csv", curve)
    table = pd.read_csv(tmp_path / "rates.csv")
    assert table.columns.tolist() == ["rate", "loss", "smoothed_loss"]
    np.testing.assert_allclose(table, np.stack([curve.rates, curve.losses, curve.smoothed], 1), rtol=1e-5)


def test_the_curve_is_drawn_with_and_without_suggestions(tmp_path: Path, curve: RateCurve) -> None:
    nothing = find_rate(lambda _: math.nan, 5, RateFinderSettings())
    images = []
    for name, drawn in (("curve", curve), ("nothing", nothing)):
        draw_rate_curve(tmp_path / f"{name}.png", drawn)
        images.append(cv2.imread(str(tmp_path / f"{name}.png")))
    assert images[0].shape == images[1].shape
    inked = [int((image < 200).any(axis=2).sum()) for image in images]
    assert inked[0] > inked[1] + 500
