"""Other label sets than the default one, through all stages by the command line."""

import json
import re
import tomllib
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from data.channels import CHANNELS
from data.errors import InputError
from data.labels.label_file import read_labels, write_labels
from data.labels.label_set import read_label_set
from data.predictions.predictions_table import read_class_names, read_predictions
from data.predictions.submission import SubmissionRow, read_rows, read_submission, write_submission
from pipeline.cli import app

OWN = 'names = ["Dim", "Bright", "Dark"]\nnegative = "Dark"\n'


def hpacells(*arguments: object) -> str:
    """Run a command in this process; give what it prints."""
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture
def folder(write_recipe, tmp_path: Path) -> Path:
    """Files a channel of six round cells, and a recipe and a label set of one's own."""
    y, x = np.mgrid[:64, :64]
    for number in range(6):
        radius = np.hypot(y - 32, x - 32)
        for channel in CHANNELS:
            level = 40 + 30 * (number % 2) if channel == "green" else 120
            inside = radius < (12 if channel == "blue" else 26)
            picture = (inside * level + 10 * (radius < 26)).astype(np.uint8)
            cv2.imwrite(str(tmp_path / f"cell{number}_{channel}.png"), picture)
    (tmp_path / "own.toml").write_text(OWN)
    write_recipe("all")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("hpa2018", ["Rods & rings", "27|10", "Lysosomes", "rods & rings|Peroxisomes", "27", "8"]),
        ("own.toml", ["Dim", "bright", "0|1", "Bright", "dark", "2"]),
    ],
    ids=["28", "own"],
)
def test_from_cells_to_scores(folder: Path, monkeypatch, name: str, labels: list[str]) -> None:
    monkeypatch.chdir(folder)
    label_set, work = read_label_set(name), folder / "work"
    rows = [f"cell{number},{text}" for number, text in enumerate(labels)]
    Path("index.csv").write_text("\n".join(["ID,label", *rows, ""]))
    with pytest.raises(
        InputError, match="line 2: .* is not a class; .*the label set hpa2021, or names: Nucleop"
    ):
        hpacells("crops", "--from", "index.csv", "--work", work)
    hpacells("crops", "--from", "index.csv", "--work", work, "--set", f"crops.label_set={name}")
    given = work / "labels.csv"
    with pytest.raises(InputError, match=r"is not a class; .* of the label set hpa2021"):
        hpacells("train", "--work", work, "--labels", given, "--recipe", "recipe.toml")
    train = ("train", "--work", work, "--labels", given, "--recipe", "recipe.toml")
    hpacells(*train, "--set", f"train.label_set={name}")
    description = tomllib.loads((work / "model/model.toml").read_text())
    assert description["architecture"]["class_names"] == list(label_set.names)
    hpacells("predict", "--work", work, "--runtime", "torch")
    assert read_class_names(work / "predictions.parquet") == label_set.names
    assert f"p_{len(label_set) - 1}" in read_predictions(work / "predictions.parquet")
    first = label_set.find(labels[0].split("|")[0])
    figures = hpacells("evaluate", "--work", work, "--labels", given)
    assert f"\n{first:>2} {label_set.names[first or 0]} " in figures
    hpacells("combine", "--work", work, "--set", "combine.min_confidence=0")
    score_all(work, label_set.names)


def untimed(printed: str) -> str:
    """Return what a command printed, without the seconds that it took: they differ from one run to the next.

    They are there where messages are shown, which depends on the tests that ran before in this process.
    """
    return re.sub(r"^score: .* \(\d+\.\d s\)\n", "", printed, flags=re.MULTILINE)


def score_all(work: Path, names: tuple[str, ...]) -> None:
    """Score the submission against the labels given to its cells: in its folder, and a copy elsewhere."""
    told = read_labels(work / "labels.csv", read_label_set("own.toml" if len(names) == 3 else "hpa2018"))
    truth, copy, scores = Path("truth.csv"), Path("copy.csv"), Path("scores.json")
    rows = list(read_rows(work / "submission.csv"))
    masks = [row.prediction_string.split()[2] for row in rows]
    write_submission(
        truth,
        [
            SubmissionRow(*row[:3], " ".join(f"{label} 1 {mask}" for label in told[row.image_id]))
            for row, mask in zip(rows, masks, strict=True)
        ],
    )
    copy.write_bytes((work / "submission.csv").read_bytes())
    printed = hpacells("score", work / "submission.csv", truth, "--json", scores)
    assert names[-1] in printed
    assert list(json.loads(scores.read_text())["ap"]) == [str(label) for label in range(len(names))]
    assert untimed(hpacells("score", copy, truth, "--work", work)) == untimed(printed)
    if len(names) > 19:
        with pytest.raises(InputError, match=r"0\.\.18 of the label set hpa2021; name another with score"):
            hpacells("score", copy, truth)
    else:
        assert "Nucleoplasm" in hpacells("score", copy, truth)
    own = "own.toml" if len(names) == 3 else "hpa2018"
    again = hpacells("score", copy, truth, "--set", f"score.label_set={own}")
    assert untimed(again) == untimed(printed)


@pytest.mark.slow
def test_the_whole_job_with_28_classes(hpacells, write_recipe, simulated: Path, tmp_path: Path) -> None:
    """Simulated fields, their 19 classes renumbered: vesicles are endosomes, negative cells lysosomes."""
    hpa2021, hpa2018 = read_label_set("hpa2021"), read_label_set("hpa2018")
    others = {"Negative": "Lysosomes", "Vesicles and punctate cytosolic patterns": "Endosomes"}
    numbers = [hpa2018.find(others.get(name, name)) for name in hpa2021.names]
    labels = {
        image: {numbers[label] or 0 for label in row}
        for image, row in read_labels(simulated / "train.csv").items()
    }
    write_labels(tmp_path / "train.csv", labels)
    truth = []
    for row in read_rows(simulated / "truth.csv"):
        tokens = row.prediction_string.split()
        tokens[::3] = [str(numbers[int(label)]) for label in tokens[::3]]
        truth.append(SubmissionRow(*row[:3], " ".join(tokens)))
    write_submission(tmp_path / "truth.csv", truth)
    write_recipe("all")
    work = tmp_path / "work"
    arguments = ["--labels", tmp_path / "train.csv", "--truth", tmp_path / "truth.csv", "--work", work]
    options = ["--recipe", tmp_path / "recipe.toml", "--set", "train.label_set=hpa2018"]
    options += ["--set", "segment.segmenter=classical"]
    hpacells("run", simulated, *arguments, *options)
    assert set(read_submission(work / "submission.csv", hpa2018).triples["label"]) <= set(range(28))
    assert len(json.loads((work / "metric.json").read_text())["ap"]) == 28
    assert "Rods &amp; rings" in (work / "report/index.html").read_text()
    quality = hpacells("evaluate", "--work", work, "--labels", tmp_path / "train.csv").stdout
    assert "27 Rods & rings" in quality
    assert set(pd.read_csv(work / "evaluate/quality.csv")["name"]) == set(hpa2018.names)
