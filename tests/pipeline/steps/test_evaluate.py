import logging
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from data.cells.cells_table import write_cells
from data.errors import InputError
from data.file_hash import hash_file
from data.predictions.predictions_table import write_predictions
from pipeline.cli import app
from pipeline.config.config import load_config
from pipeline.engines.local import LocalEngine
from pipeline.runs.execute import execute
from pipeline.runs.work_folder import WorkFolder
from pipeline.steps.evaluate import evaluate_step
from tests.factories.cells_table import make_cells_table
from tests.factories.work_folder import finish_stage

ENGINE = LocalEngine(workers=1)


@pytest.fixture
def work(tmp_path: Path) -> WorkFolder:
    """Two cells, predicted by a classifier that was trained with other labels."""
    work = WorkFolder(tmp_path / "work")
    write_cells(work.cells, make_cells_table(["a", "b"]))
    write_predictions(
        work.predictions, ["a", "b"], np.array([1, 1]), np.eye(2), None, ["One", "Two"], ["0", "1"]
    )
    finish_stage(work, "crops")
    finish_stage(work, "train", inputs={"labels": "others"})
    finish_stage(work, "predict", inputs={"crops": "crops", "train": "train"})
    return work


def run(
    work: WorkFolder, labels: Path, caplog: pytest.LogCaptureFixture, predictions: Path | None = None
) -> str:
    caplog.clear()
    with caplog.at_level(logging.INFO, "hpacells"):
        execute(evaluate_step(work, labels, predictions, load_config(None)), ENGINE)
    return caplog.text


def test_done_again_only_when_something_changed(
    work: WorkFolder, labels: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert "2 cells" in run(work, labels, caplog)
    assert "done before" in run(work, labels, caplog)
    labels.write_text("ID,Label\na,0\nb,0\n")
    assert "0.6667 macro F1" in run(work, labels, caplog)
    (work.evaluate / "quality.csv").unlink()
    assert "done before" not in run(work, labels, caplog)


def test_predictions_of_another_file(
    work: WorkFolder, labels: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run(work, labels, caplog)
    other = work.root / "other.parquet"
    work.predictions.rename(other)
    work.manifest("predict").unlink()
    assert "2 cells" in run(work, labels, caplog, other)
    assert "done before" in run(work, labels, caplog, other)


def test_labels_of_the_training(work: WorkFolder, labels: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert "too good" not in run(work, labels, caplog)
    finish_stage(work, "train", inputs={"labels": hash_file(labels)})
    work.manifest("evaluate").unlink()
    assert "too good" in run(work, labels, caplog)


def test_corrections(work: WorkFolder, labels: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Those of the training are asked for; with other ones the figures are made again."""
    counts = {"corrected cells": 2, "corrected cells left out": 1}
    finish_stage(work, "train", inputs={"labels": "others", "corrections": "some"}, counts=counts)
    assert "the training had corrections of 3 cells" in run(work, labels, caplog)
    path = work.root / "corrections.csv"
    path.write_text("ID,Cell,Mark,Label\na,1,class,Two\n")
    command = ["evaluate", "--work", str(work.root), "--labels", str(labels), "--corrections", str(path)]
    for text, true in (("a,1,class,Two", "0"), ("a,1,right,One", "1")):
        path.write_text(f"ID,Cell,Mark,Label\n{text}\n")
        done = CliRunner().invoke(app, command)
        assert done.exit_code == 0, done.output
        assert [line.split()[2] for line in done.output.splitlines() if " One " in line] == [true]


def test_what_comes_first_is_asked_for(work: WorkFolder, labels: Path) -> None:
    work.manifest("predict").unlink()
    with pytest.raises(InputError, match=r"predict is not finished.*`hpacells predict`"):
        evaluate_step(work, labels, None, load_config(None))
    with pytest.raises(InputError, match="nowhere"):
        evaluate_step(work, Path("nowhere.csv"), None, load_config(None))


def test_the_command_prints_the_figures(work: WorkFolder, labels: Path) -> None:
    done = CliRunner().invoke(app, ["evaluate", "--work", str(work.root), "--labels", str(labels)])
    assert done.exit_code == 0, done.output
    lines = [line.split() for line in done.output.splitlines()]
    assert ["0", "One", "1", "1", *["1.000"] * 5] in lines
    assert ["image", "mean", "2", *["1.000"] * 7] in lines
