"""A list of files, as SubCell has it, in place of a folder of images."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

COLUMNS = {"r_image": "red", "y_image": "yellow", "b_image": "blue", "g_image": "green"}


@pytest.fixture
def listed(simulated: Path, tmp_path: Path) -> Path:
    """Return a list of two fields in folders of their own, and of one that is not there."""
    rows = ["#" + ",".join([*COLUMNS, "output_folder", "output_prefix"])]
    for number in (1, 2):
        folder = tmp_path / f"well {number}"
        folder.mkdir()
        for channel in COLUMNS.values():
            shutil.copy(simulated / f"sim-11-0000{number}_{channel}.png", folder / f"{channel}.png")
        files = [f"well {number}/{channel}.png" for channel in COLUMNS.values()]
        rows.append(",".join([*files, "", f"W{number}_"]))
    rows.append("well 3/red.png,,well 3/blue.png,,,W3_")
    path = tmp_path / "path_list.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


@pytest.mark.slow
def test_a_list_of_files_goes_through_segment_and_crops(hpacells, listed: Path, tmp_path: Path) -> None:
    shown = hpacells("images", "--from", listed, "--json", status=2)
    fields = json.loads(shown.stdout)["fields"]
    assert [field["image_id"] for field in fields] == ["W1", "W2", "W3"]
    assert "line 4: no such file: well 3/red.png (red)" in shown.stderr
    work = tmp_path / "work"
    told = hpacells("segment", "--from", listed, "--work", work, "--segmenter", "classical", status=2)
    assert "W3" in told.stderr
    assert "Traceback" not in told.stderr
    assert pd.read_parquet(work / "images.parquet")["image_id"].tolist() == ["W1", "W2"]
    hpacells("crops", "--work", work, listed, "--allow-failed")
    assert set(pd.read_parquet(work / "cells.parquet")["image_id"]) == {"W1", "W2"}


def test_a_folder_or_a_list(hpacells, listed: Path, tmp_path: Path) -> None:
    for given in ([], [tmp_path, "--from", listed]):
        assert "--from path_list.csv" in hpacells("images", *given, status=2).stderr
