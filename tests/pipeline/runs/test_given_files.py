"""Files that lie elsewhere, which others may replace while a stage reads them."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import stages.score.run
from data.errors import InputError
from data.masks.rle import encode_mask
from pipeline.config.config import load_config
from pipeline.engines.local import LocalEngine
from pipeline.runs.execute import Step, execute
from pipeline.runs.fingerprints import find_given, fingerprint_given
from pipeline.runs.manifest import read_manifest
from pipeline.runs.work_folder import WorkFolder
from pipeline.steps import predict
from stages.stage import Context, StageReport, StageSettings
from tests.factories.command_line import run_here


def execute_reading(work: WorkFolder, labels: Path, meanwhile: Callable[[], object] = lambda: None) -> None:
    """Do a step that copies a file, before which something happens."""
    output = work.root / "score.txt"

    def run(_: str, __: Context) -> StageReport:
        meanwhile()
        output.write_text(labels.read_text() if labels.exists() else "")
        return StageReport(counts={})

    given = find_given({"labels": labels, "corrections": None})
    inputs = fingerprint_given(given)
    step = Step("score", work.manifest("score"), StageSettings(), inputs, (output,), run, given=given)
    execute(step, LocalEngine(workers=1))


@pytest.mark.parametrize("becomes", ["other labels", None])
def test_what_was_read_of_a_replaced_file_never_passes_for_the_first(
    tmp_path: Path, becomes: str | None
) -> None:
    work, labels = WorkFolder(tmp_path / "work"), tmp_path / "labels.csv"
    labels.write_text("labels")

    def replace() -> None:
        labels.unlink() if becomes is None else labels.write_text(becomes)

    with pytest.raises(InputError, match="labels replaced while score was reading"):
        execute_reading(work, labels, replace)
    assert read_manifest(work.manifest("score")) is None
    # As it was before: the key is that of the run that was refused.
    labels.write_text("labels")
    execute_reading(work, labels)
    assert (work.root / "score.txt").read_text() == "labels"
    assert read_manifest(work.manifest("score")) is not None


def test_a_file_that_is_written_again_with_the_same_content_is_the_same(tmp_path: Path) -> None:
    work, labels = WorkFolder(tmp_path / "work"), tmp_path / "labels.csv"
    labels.write_text("labels")
    execute_reading(work, labels, lambda: labels.write_text("labels"))
    assert read_manifest(work.manifest("score")) is not None


def test_a_submission_that_is_replaced_while_it_is_scored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    truth, submission = tmp_path / "truth.csv", tmp_path / "submission.csv"
    mask = encode_mask(np.eye(10, dtype=bool))
    truth.write_text(f"ID,ImageWidth,ImageHeight,PredictionString\na,10,10,0 1 {mask}\n")
    empty = "ID,ImageWidth,ImageHeight,PredictionString\na,10,10,\n"
    submission.write_text(empty)
    scored, work = stages.score.run.run, tmp_path / "work"

    def score_another(*arguments: Any) -> StageReport:
        submission.write_text(truth.read_text())
        return scored(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(stages.score.run, "run", score_another)
        told = run_here("score", submission, truth, "--work", work, status=2)
    assert "submission replaced while score was reading" in told
    assert "run the same command again" in told
    submission.write_text(empty)
    assert "done before" not in run_here("score", submission, truth, "--work", work)


def test_predictions_give_the_files_of_their_classifiers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crops = SimpleNamespace(output_key="made by crops", details={})
    monkeypatch.setattr(predict, "require", lambda *_, **__: crops)
    folder = tmp_path / "model"
    folder.mkdir()
    for name in ("model.safetensors", "model.toml"):
        (folder / name).write_text(name)
    step = predict.predict_step(WorkFolder(tmp_path / "work"), [folder], load_config(None))
    assert step.given["model"]() == step.inputs["model"]
    (folder / "model.toml").write_text("other thresholds")
    assert step.given["model"]() != step.inputs["model"]
