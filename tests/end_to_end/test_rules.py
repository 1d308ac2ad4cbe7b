"""Rules of the combiner from a file, and what each is worth, by the command line."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.ablate.variants import SWITCHES
from data.cells.cells_table import read_cells
from data.labels.label_file import CLASS_NAMES
from data.predictions.predictions_table import (
    PROBABILITY_COLUMNS,
    read_image_weight,
    read_predictions,
    write_predictions,
)
from data.predictions.submission import read_submission
from data.score.kaggle_map import score
from tests.factories.command_line import run_here

RULES = """
min_confidence = 0
[image]
fusion = "product"
[negative]
confidence = "product"
[cells]
border = "weight"
"""


@pytest.fixture(scope="module")
def work(predicted: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    work = shutil.copytree(predicted, tmp_path_factory.mktemp("rules") / "work")
    (work.parent / "rules.toml").write_text(RULES)
    return work


def expect(work: Path) -> dict[tuple[str, int], float]:
    """Return image and class -> the highest confidence, by plain loops over the tables."""
    cells = read_cells(work / "cells.parquet")
    table = cells[cells["dropped"] == ""].merge(read_predictions(work / "predictions.parquet"))
    weight = read_image_weight(work / "predictions.parquet")
    assert weight == 0.5
    expected: dict[tuple[str, int], float] = {}
    for image_id, members in table.groupby("image_id"):
        predicted = members[list(PROBABILITY_COLUMNS)].to_numpy(np.float64)
        image = predicted.mean(axis=0)
        for values, inside in zip(predicted, members["border_fraction_inside"], strict=True):
            fused = np.clip((values - weight * image) / (1 - weight), 0, 1) * image
            fused[18] = np.prod(1 - fused[:18])
            for label, value in enumerate(fused * inside):
                key = str(image_id), label
                expected[key] = max(expected.get(key, 0), value)
    return expected


def test_a_submission_by_rules(hpacells: Callable, work: Path) -> None:
    output = work.parent / "by_rules.csv"
    hpacells("combine", "--work", work, "--rules", work.parent / "rules.toml", "--output", output)
    submission = read_submission(output)
    names = submission.images["image_id"].to_numpy()
    found = submission.triples.assign(image=names[submission.triples["image"]])
    highest = found.groupby(["image", "label"])["confidence"].max()
    expected = expect(work)
    assert len(highest) == len(expected)
    for key, value in expected.items():
        assert highest[key] == pytest.approx(value, rel=1e-3, abs=1e-6)


def test_the_default_rules(hpacells: Callable, work: Path, tmp_path: Path) -> None:
    """The bundled ones where the image's mean is beside the cell; none for a file, or where that is named."""

    def submit(*options: object) -> str:
        output = tmp_path / "submission.csv"
        output.unlink(missing_ok=True)
        run_here("combine", "--work", work, "--output", output, *options)
        return output.read_text()

    default, bundled, predicted = submit(), submit("--rules", "simhpa19"), submit("--rules", "as-predicted")
    assert default == bundled != predicted
    assert submit("--predictions", work / "predictions.parquet") == predicted
    hpacells("predict", "--work", work, "--model", "simhpa19", "--set", "predict.image_weight=0")
    alone = submit()
    assert alone == submit("--rules", "as-predicted") != predicted
    hpacells("predict", "--work", work, "--model", "simhpa19", "--set", "predict.image_weight=0.5")
    assert submit() == default


def test_what_each_rule_is_worth(hpacells: Callable, simulated: Path, work: Path) -> None:
    options = ["--work", work, "--set", "ablate.samples=20", "--set", "combine.min_confidence=0"]
    told = hpacells("ablate", simulated / "truth.csv", *options).stdout
    table = pd.read_csv(work / "ablate" / "rules.csv")
    assert len(told.splitlines()) == len(table) + 1 == len(SWITCHES) + 2
    assert (work / "ablate" / "rules.png").stat().st_size > 10_000
    assert table["rules"][0] == "rules as they are"
    assert (table["difference_low"] <= table["difference_high"]).all()
    assert table["difference"][1:].is_monotonic_decreasing
    by_name = table.set_index("rules")["mAP"]
    # The scorer finds the same of whole submissions.
    for name, settings in {
        "rules as they are": ["combine.rules.image.fusion=as-predicted"],
        "with image: product": ["combine.rules.image.fusion=product"],
        "with negative: 1 - max": ["combine.rules.negative.confidence=1-max"],
    }.items():
        output = work.parent / "one.csv"
        assignments = [text for setting in settings for text in ("--set", setting)]
        hpacells("combine", "--work", work, "--output", output, *options[4:], *assignments)
        assert by_name[name] == pytest.approx(score(output, simulated / "truth.csv").map, abs=1e-4)
    assert "done before" in hpacells("ablate", simulated / "truth.csv", *options).stderr


def test_what_rules_are_worth_where_the_negative_class_has_another_name(
    simulated: Path, work: Path, tmp_path: Path
) -> None:
    table = read_predictions(work / "predictions.parquet")
    names = [name.replace("Negative", "Unstained") for name in CLASS_NAMES]
    path = tmp_path / "renamed.parquet"
    values = table[list(PROBABILITY_COLUMNS)].to_numpy()
    write_predictions(
        path, table["image_id"], table["cell_id"].to_numpy(), values, class_names=names, image_weight=0.5
    )
    given = ["ablate", simulated / "truth.csv", "--work", work, "--predictions", path]
    given += ["--set", "ablate.samples=20"]

    def list_negative(*options: object) -> list[str]:
        run_here(*given, *options)
        return [name for name in pd.read_csv(work / "ablate" / "rules.csv")["rules"] if "negative" in name]

    assert list_negative() == []
    assert len(list_negative("--set", "combine.rules.negative.name=Unstained")) == 3


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[image]\nfusion = 'sum'\n", "combine.rules.image.fusion"),
        ("[images]\nfusion = 'product'\n", "'images'"),
        ("[image]\nfusoin = 'product'\n", "combine.rules.image.fusoin"),
        ("[rare]\nclasses = ['Spindle']\nimage_gate = true\n", "class 'Spindle'"),
        ("[image\n", "unreadable"),
        (None, "No such file"),
    ],
)
def test_rules_that_are_none(work: Path, tmp_path: Path, content: str | None, said: str) -> None:
    path = tmp_path / "rules.toml"
    if content is not None:
        path.write_text(content)
    output = tmp_path / "s.csv"
    told = run_here("combine", "--work", work, "--rules", path, "--output", output, status=2)
    assert said in told
    assert told.splitlines()[-1].startswith("hpacells: error: ")
    assert not output.exists()


def test_a_truth_of_other_images(work: Path, tmp_path: Path) -> None:
    truth = tmp_path / "truth.csv"
    truth.write_text("ID,ImageWidth,ImageHeight,PredictionString\nother,4,4,\n")
    told = run_here("ablate", truth, "--work", work, status=2)
    assert "no cell" in told
    assert str(truth) in told
