import math
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from models.training.history import Epoch, draw_curves, write_history


def make_epochs(validated: bool) -> list[Epoch]:
    return [
        Epoch(
            epoch=number,
            lr=0.001 / number,
            train_loss=3 / number,
            val_loss=3.5 / number if validated else math.nan,
            val_accuracy=0.1 * number if validated else math.nan,
            val_macro_f1=0.08 * number if validated else math.nan,
            val_map=0.09 * number if validated else math.nan,
            seconds=2.5,
            tiles_per_second=100.0,
            wait_seconds=0.1,
        )
        for number in range(1, 6)
    ]


@pytest.mark.parametrize("validated", [True, False])
def test_a_row_an_epoch(tmp_path: Path, validated: bool) -> None:
    write_history(tmp_path / "metrics.csv", make_epochs(validated))
    table = pd.read_csv(tmp_path / "metrics.csv")
    assert list(table.columns) == [
        *("epoch", "phase", "lr", "train_loss", "val_loss", "val_accuracy", "val_macro_f1", "val_map"),
        *("seconds", "tiles_per_second", "wait_seconds"),
    ]
    assert table["epoch"].tolist() == [1, 2, 3, 4, 5]
    assert table["train_loss"].tolist() == pytest.approx([3 / number for number in range(1, 6)], rel=1e-4)
    assert table["val_map"].notna().all() == validated


@pytest.mark.parametrize("validated", [True, False])
@pytest.mark.parametrize("count", [1, 5])
def test_curves_are_drawn(tmp_path: Path, validated: bool, count: int) -> None:
    draw_curves(tmp_path / "curves.png", make_epochs(validated)[:count], best_epoch=1)
    picture = cv2.imread(str(tmp_path / "curves.png"))
    assert picture is not None
    assert picture.shape[1] > picture.shape[0] > 200
    assert picture.min() < 50


def test_the_beginning_of_a_later_phase_is_marked(tmp_path: Path) -> None:
    epochs = make_epochs(True)
    draw_curves(tmp_path / "one.png", epochs, best_epoch=1)
    later = [replace(epoch, phase=1 + (epoch.epoch > 3)) for epoch in epochs]
    draw_curves(tmp_path / "two.png", later, best_epoch=1)
    for name, lines in (("one.png", 0), ("two.png", 3)):
        picture = cv2.imread(str(tmp_path / name))
        assert picture is not None
        # Light grey, and as high as a panel.
        columns = np.flatnonzero(((picture == 211).all(axis=2)).sum(axis=0) > 150)
        assert len(columns) == lines
        assert np.all(np.diff(columns) > 250)
