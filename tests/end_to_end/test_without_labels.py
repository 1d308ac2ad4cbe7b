"""The whole job on images without labels: a bundled classifier predicts."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from data.cells.cells_table import read_cells
from data.predictions.predictions_table import PROBABILITY_COLUMNS, read_class_names, read_predictions


@pytest.fixture(scope="module")
def work(hpacells: Callable, simulated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    work = tmp_path_factory.mktemp("work")
    done = hpacells("run", simulated, "--work", work)
    assert done.stderr.count("the classifier simhpa19 comes with hpacells") == 1
    assert "simulated cells only" in done.stderr
    assert "report/index.html" in done.stdout
    assert "mAP" not in done.stdout
    return work


def test_every_kept_cell_is_predicted(work: Path) -> None:
    cells, predictions = read_cells(work / "cells.parquet"), read_predictions(work / "predictions.parquet")
    kept = cells[cells["dropped"] == ""]
    assert len(kept) > 10
    assert predictions["image_id"].tolist() == kept["image_id"].tolist()
    assert predictions["cell_id"].tolist() == kept["cell_id"].tolist()
    assert len(read_class_names(work / "predictions.parquet")) == 19
    np.testing.assert_allclose(predictions[list(PROBABILITY_COLUMNS)].sum(axis=1), 1, atol=1e-4)
    index = (work / "report" / "index.html").read_text()
    assert "Predicted by simhpa19 (sees red, green, blue, yellow). <b>Note:</b> it learned from" in index
    assert "Predicted patterns" in index
    assert not (work / "model").exists()


def test_the_same_as_step_by_step_by_that_name(hpacells: Callable, work: Path) -> None:
    before = (work / "predictions.parquet").read_bytes()
    done = hpacells("predict", "--work", work, "--model", "simhpa19")
    assert "predict: done before, nothing changed" in done.stderr
    assert (work / "predictions.parquet").read_bytes() == before


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--labels", "train.csv", "--model", "simhpa19"], "give one of them"),
        (["--recipe", "hpacells"], "needs --labels"),
        (["--set", "train.seed=2"], "does not read [train]"),
    ],
)
def test_options_of_a_training_and_of_a_trained_classifier(
    hpacells: Callable, tmp_path: Path, options: list[str], said: str
) -> None:
    message = hpacells("run", tmp_path, "--work", tmp_path / "w", *options, status=2).stderr
    assert message.count("\n") == 1
    assert said in message
    assert not (tmp_path / "w").exists()
