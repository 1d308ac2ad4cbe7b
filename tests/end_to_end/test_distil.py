"""One network distilled from an ensemble, by the command line, on a few simulated fields."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from data.file_hash import hash_file
from data.labels.label_file import write_labels
from data.text.toml_file import read_toml
from models.classifiers.model_folder import read_architecture
from pipeline.runs.manifest import read_manifest
from pipeline.runs.work_folder import WorkFolder
from pipeline.steps.provenance import collect_provenance
from tests.factories.command_line import run_here

RECIPE = """
images = "all"
device = "cpu"
test_time_augmentation = true
image_weight = 0.5
[tiles]
size = 32
[split]
folds = 2
fold = "all"
[backbone]
name = "test_efficientnet"
pretrained = "none"
[fit]
epochs = 2
"""


@pytest.fixture(scope="module")
def taught(simulated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A work folder with an ensemble and its predictions; tests copy it."""
    folder = tmp_path_factory.mktemp("taught")
    (folder / "recipe.toml").write_text(RECIPE)
    # Two fields have no label; each class has two, so that one can be held out.
    image_ids = pd.read_csv(simulated / "train.csv")["ID"].tolist()
    write_labels(folder / "labels.csv", {name: ((0, 16)[n % 2],) for n, name in enumerate(image_ids[:4])})
    work = folder / "work"
    run_here("segment", simulated, "--work", work, "--segmenter", "classical")
    run_here("crops", simulated, "--work", work)
    recipe = ["--recipe", folder / "recipe.toml"]
    run_here("train", "--work", work, "--labels", folder / "labels.csv", *recipe)
    run_here("predict", "--work", work, "--runtime", "torch")
    return folder


@pytest.fixture
def work(taught: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(taught / "work", tmp_path / "work"))


@pytest.fixture
def distil(taught: Path) -> Callable[..., str]:
    def run(*arguments: object, status: int = 0) -> str:
        return run_here("distil", *arguments, "--recipe", taught / "recipe.toml", status=status)

    return run


def test_a_student_is_a_classifier_as_any_other(taught: Path, work: Path, distil) -> None:
    told = distil("--work", work)
    cells = pd.read_parquet(work / "cells.parquet")
    kept = cells[cells["dropped"] == ""]
    unseen = pd.read_parquet(work / "out_of_fold.parquet")
    assert (
        f"teacher: {len(kept)} cells with predictions are used, {len(unseen)} of them with out-of-fold"
        in told
    )
    assert 0 < len(unseen) < len(kept)
    assert "start from the teacher's weights: the mean over 2 of its 2 networks" in told
    record = read_toml(work / "student" / "model.toml")["training"]["distilled"]
    assert record["teacher_predictions_sha256"] == [hash_file(work / "predictions.parquet")]
    assert record["teacher_out_of_fold_sha256"] == [hash_file(work / "out_of_fold.parquet")]
    assert (record["teacher_networks"], record["teacher_passes"]) == (2, 16)
    architecture = read_architecture(work / "student")
    assert (architecture.test_time_augmentation, architecture.image_weight) == (False, 0.5)
    assert architecture.mode == "multi-label"
    manifest = read_manifest(work / "distil.json")
    assert manifest is not None
    assert manifest.inputs.keys() >= {"crops", "predict", "out_of_fold", "recipe"}
    assert "distil: done before, nothing changed" in distil("--work", work)
    run_here("predict", "--work", work, "--model", work / "student")
    assert len(pd.read_parquet(work / "predictions.parquet")) == len(kept)
    assert "distil" in [record.stage for record in collect_provenance(WorkFolder(work)).stages]
    assert "predictions of the student itself" in refused(distil("--work", work, status=2))


def test_another_folder_and_labels_change_what_is_learnt(taught: Path, work: Path, tmp_path, distil) -> None:
    other = Path(shutil.copytree(work, tmp_path / "other"))
    run_here("predict", "--work", other, "--model", work / "model", "--runtime", "torch")
    told = distil("--work", work, "--work", other, "--labels", taught / "labels.csv")
    assert "which count 0.5 in their targets" in told
    record = read_toml(work / "student" / "model.toml")["training"]["distilled"]
    kept = (pd.read_parquet(work / "cells.parquet")["dropped"] == "").sum()
    assert record["cells"] == 2 * kept
    assert len(record["teacher_predictions_sha256"]) == 2
    assert not (other / "student").exists()
    assert "distil: done before" not in distil("--work", work)
    told = distil("--work", work, "--work", work / "../work", status=2)
    assert "the same folder twice" in told


def refused(told: str) -> str:
    lines = [line for line in told.splitlines() if "error:" in line]
    assert len(lines) == 1, told
    assert "Traceback" not in told
    return lines[0]


def test_what_does_not_fit_is_refused_in_one_line(simulated: Path, taught: Path, work: Path, distil) -> None:
    told = distil("--work", work, "--set", "train.label_set=hpa2018", status=2)
    assert "predictions of 19 classes" in refused(told)
    told = distil("--work", work, "--set", "distil.label_weight=0.1", status=2)
    assert "which nothing would read" in refused(told)
    run_here("crops", simulated, "--work", work, "--set", "crops.neighbours=keep")
    assert "predict is older than crops" in refused(distil("--work", work, status=2))
    (work / "predict.json").unlink()
    assert "predict is not finished" in refused(distil("--work", work, status=2))
    told = distil("--work", work.parent / "nowhere", status=2)
    assert "crops is not finished" in refused(told)
    assert not (work / "student").exists()


def test_a_teacher_that_is_gone_teaches_by_its_predictions(taught: Path, work: Path, distil) -> None:
    model = Path(shutil.copytree(work / "model", work.parent / "elsewhere"))
    run_here("predict", "--work", work, "--model", model, "--runtime", "torch")
    shutil.rmtree(model)
    # The folder's own classifiers are the same, so that it is known which cells they saw.
    told = distil("--work", work)
    assert "start from the teacher's weights: the mean over 2 of its 2 networks" in told
    assert " 0 of them with out-of-fold" not in told
    shutil.rmtree(work / "model")
    told = distil("--work", work)
    assert "the networks of the teacher are not there any more: only their predictions are used" in told
    assert "start from the teacher" not in told
    assert " 0 of them with out-of-fold" in told
    record = read_toml(work / "student" / "model.toml")["training"]["distilled"]
    assert "teacher_networks" not in record


def test_damaged_predictions_are_refused(work: Path, distil) -> None:
    content = bytearray((work / "predictions.parquet").read_bytes())
    content[len(content) // 2] ^= 255
    (work / "predictions.parquet").write_bytes(content)
    assert "changed or damaged since predict wrote it" in refused(distil("--work", work, status=2))


def test_out_of_fold_predictions_of_an_earlier_training_are_not_used(
    taught: Path, work: Path, distil
) -> None:
    recipe = ["--recipe", taught / "recipe.toml", "--set", "train.split.fold=0"]
    run_here("train", "--work", work, "--labels", taught / "labels.csv", *recipe)
    assert "predict is older than train" in refused(distil("--work", work, status=2))
    run_here("predict", "--work", work, "--runtime", "torch")
    assert (work / "out_of_fold.parquet").is_file()
    told = distil("--work", work)
    assert " 0 of them with out-of-fold predictions" in told
    assert "the mean over 1 of its 1 networks" in told
