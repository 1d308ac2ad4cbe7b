"""A label set and its images explored from the command line."""

import json
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.mark.slow
def test_labels_and_images_of_a_simulated_set(hpacells: Run, simulated: Path, tmp_path: Path) -> None:
    work = tmp_path / "work"
    command = ["explore", simulated, "--labels", simulated / "train.csv", "--work", work]
    done = hpacells(*command, "--set", "explore.repeat.min_cells_per_class=3")
    assert f"page: {work}/explore/index.html" in done.stdout
    assert "6 of the 6 labelled ones" in done.stdout
    pictures = {path.stem for path in (work / "explore").glob("*.png")}
    assert {"classes", "co_occurrence", "channels", "one_a_class", "repetition_images"} <= pictures
    table = pd.read_csv(simulated / "train.csv", dtype=str)
    expected = Counter(int(label) for text in table["Label"] for label in set(text.split("|")))
    counted = pd.read_csv(work / "explore/classes.csv")
    assert counted["images"].tolist() == [expected[label] for label in range(19)]
    assert json.loads((work / "explore.json").read_text())["counts"]["images"] == 6
    again = hpacells(*command, "--set", "explore.repeat.min_cells_per_class=3")
    assert "done before" in again.stderr
    assert again.stdout == done.stdout


def test_the_labels_of_the_kaggle_set(hpacells: Run, shared: Path, tmp_path: Path) -> None:
    labels = shared / "hpa/tables/kaggle_hpa_scc_2021_train.csv"
    done = hpacells("explore", "--labels", labels, "--work", tmp_path)
    assert "0 Nucleoplasm and 16 Cytosol" in done.stdout
    assert "No folder of images" in done.stdout
    assert pd.read_csv(tmp_path / "explore/labels_per_image.csv")["images"].sum() == 21_806


@pytest.mark.parametrize(
    ("labels", "settings", "told"),
    [
        ("ID,Label\nother,3\n", [], "none of the 6 images has a label"),
        ("ID,Label\nx,19\n", [], "label '19' is not a class"),
        ("ID\nx\n", [], "no column Label"),
        ("ID,Label\n", [], "no image"),
        (None, [], "train.csv"),
        ("ID,Label\nx,3\n", ["explore.label_set=nosuch"], "no such label set"),
        ("ID,Label\nx,3\n", ["explore.repeat.at_leats=3"], "at_leats"),
        ("ID,Label\nx,3\n", ["explore.samples=-1"], "explore.samples"),
    ],
)
def test_bad_input_is_one_line(
    hpacells: Run, simulated: Path, tmp_path: Path, labels: str | None, settings: list[str], told: str
) -> None:
    path = tmp_path / "train.csv"
    if labels is not None:
        path.write_text(labels)
    assignments = [part for setting in settings for part in ("--set", setting)]
    done = hpacells(
        "explore", simulated, "--labels", path, "--work", tmp_path / "work", *assignments, status=2
    )
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("hpacells: error: ")
    assert told in done.stderr
    assert not (tmp_path / "work/explore").exists()
