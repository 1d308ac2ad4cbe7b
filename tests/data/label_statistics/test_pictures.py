"""The pictures of counts and of pairs: that each bar and field is drawn, in the colour it should have."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from data.plots.bars import draw_named_bars, draw_number_bars
from data.plots.matrix import draw_correlation, draw_pairs

BLUE, PALE = (31, 119, 180), (176, 196, 222)


def count_pixels(path: Path, colour: tuple[int, int, int]) -> int:
    picture = cv2.imread(str(path))[..., ::-1].astype(int)
    return int((np.abs(picture - colour).max(axis=-1) < 3).sum())


@pytest.mark.parametrize("stacked", [True, False])
def test_lying_bars_are_as_long_as_their_counts(tmp_path: Path, stacked: bool) -> None:
    names = ["first", "a name so long that nobody would want to read all of it beside a bar, not ever"]
    counts = {"alone": np.array([30, 10]), "others": np.array([20, 0])}
    path = tmp_path / "folder/bars.png"
    draw_named_bars(path, names, counts, title="title", unit="images", stacked=stacked)
    # The legend's own patches are small.
    assert count_pixels(path, BLUE) / count_pixels(path, PALE) == pytest.approx(2, rel=0.2)


@pytest.mark.parametrize("count", [1, 200])
def test_standing_bars(tmp_path: Path, count: int) -> None:
    path = tmp_path / "bars.png"
    draw_number_bars(path, dict.fromkeys(range(count), 7), title="title", of="cells", unit="images")
    assert count_pixels(path, BLUE) > 20_000


@pytest.mark.parametrize("classes", [1, 2, 41])
def test_matrices_of_any_size(tmp_path: Path, classes: int) -> None:
    names = [f"a class with quite a long name {label}" for label in range(classes)]
    pairs = np.full((classes, classes), 3)
    draw_pairs(tmp_path / "pairs.png", pairs, names, title="title")
    correlation = np.full((classes, classes), -0.5)
    correlation[0] = np.nan
    draw_correlation(tmp_path / "correlation.png", correlation, names, title="title")
    grey = (211, 211, 211)
    assert count_pixels(tmp_path / "pairs.png", grey) > 1000
    assert count_pixels(tmp_path / "correlation.png", grey) > 1000
    # Matplotlib's darkest of "Blues", and of "RdBu_r" on the side of blue.
    if classes > 1:
        assert count_pixels(tmp_path / "pairs.png", (8, 48, 107)) > 1000
        assert count_pixels(tmp_path / "correlation.png", (5, 48, 97)) > 1000
