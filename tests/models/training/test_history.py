import math
from pathlib import Path

import cv2
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
        *("epoch", "lr", "train_loss", "val_loss", "val_accuracy", "val_macro_f1", "val_map"),
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
