"""Pre-cropped cells go through crops, train and predict as segmented ones do."""

from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from data.channels import CHANNELS
from data.predictions.predictions_table import read_predictions
from tests.factories.report.data import read_fields


@pytest.fixture
def index(simulated: Path, tmp_path: Path) -> Path:
    """The first cells of a field, each a file a channel with its neighbours made black, and a broken one."""
    image_id = "sim-11-00001"
    cells = cv2.imread(str(simulated / f"masks/{image_id}_cells.png"), cv2.IMREAD_UNCHANGED)
    for channel in CHANNELS:
        plane = cv2.imread(str(simulated / f"{image_id}_{channel}.png"), cv2.IMREAD_UNCHANGED)
        for number in range(1, 5):
            cut = plane * (cells == number).astype(np.uint8)
            cv2.imwrite(str(tmp_path / f"cell{number}_{channel}.png"), cut)
    path = tmp_path / "index.csv"
    path.write_text("ID,label\ncell1,0\ncell2,16\ncell3,0\ncell4,16\ngone,0\n")
    return path


@pytest.mark.slow
def test_from_index_to_predictions(hpacells, write_recipe, index: Path, tmp_path: Path) -> None:
    work = tmp_path / "work"
    recipe = write_recipe("single")
    done = hpacells("crops", "--from", index, "--work", work, status=2)
    assert "5 cells, 4 kept, 5 labelled, 1 unreadable" in done.stderr
    assert "left out gone" in done.stderr
    hpacells("train", "--work", work, "--labels", work / "labels.csv", "--recipe", recipe)
    hpacells("predict", "--work", work)
    assert read_predictions(work / "predictions.parquet")["image_id"].tolist() == [
        f"cell{number}" for number in range(1, 5)
    ]
    hpacells("combine", "--work", work)
    assert len(pd.read_csv(work / "submission.csv")) == 5
    hpacells("inspect", "--work", work)
    cells = [cell for group in read_fields(work / "report").values() for cell in group["cells"]]
    assert [cell["image"] for cell in cells] == [*(f"cell{number}" for number in range(1, 5)), "gone"]
    assert all(cell["given"] for cell in cells)
    assert [cell["dropped"] for cell in cells] == ["", "", "", "", "unreadable"]
    assert "5 pre-cropped cells, 4 kept" in (work / "report/index.html").read_text()


def test_images_or_an_index(hpacells, index: Path, tmp_path: Path) -> None:
    for arguments, found in (([], "neither images nor --from"), ([tmp_path, "--from", index], "both images")):
        done = hpacells("crops", *arguments, "--work", tmp_path / "work", status=2)
        assert found in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
