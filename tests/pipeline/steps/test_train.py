import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from data.errors import InputError
from data.predictions.predictions_table import write_predictions
from models.classifiers.ensemble.members import find_classifiers
from pipeline.config.config import load_config
from pipeline.runs.execute import execute
from pipeline.runs.manifest import Manifest, read_manifest
from pipeline.runs.requirements import require
from pipeline.runs.work_folder import WorkFolder
from pipeline.steps.find_rate import find_rate_step
from pipeline.steps.train import GIVE_MODEL, require_classifier, train_step
from stages.find_rate import run as find_rate
from stages.find_rate.paths import FindRateInputs, FindRateOutputs
from stages.stage import StageReport
from stages.train import run as train
from stages.train.paths import TrainInputs, TrainOutputs
from stages.train.settings import TrainSettings
from tests.factories.context import QuietContext
from tests.factories.work_folder import finish_stage

MODEL = ("model.safetensors", "model.toml", "metrics.csv")
FOLDS = ("train.split.folds=2", "train.split.fold=all")


@pytest.fixture
def work(tmp_path: Path) -> WorkFolder:
    """A work folder whose tiles are cut."""
    folder = WorkFolder(tmp_path / "work")
    finish_stage(folder, "crops", "tiles")
    (tmp_path / "train.csv").write_text("ID,Label\na,0\n")
    return folder


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict]:
    """What trainings are asked for; they write empty models, and predictions of one cell."""
    calls = []

    def run(inputs: TrainInputs, outputs: TrainOutputs, settings: TrainSettings, _: object) -> StageReport:
        out_of_fold, model = outputs.out_of_fold_path, outputs.model_dir
        paths = {"labels": inputs.labels_path, "soft": inputs.soft_labels_path, "out_of_fold": out_of_fold}
        calls.append(paths | {"settings": settings})
        split = settings.split
        folders = [model / f"fold-{fold}" for fold in range(split.folds)] if split.fold == "all" else [model]
        for name in MODEL:
            (model / name).unlink(missing_ok=True)
        for folder in folders:
            folder.mkdir(parents=True, exist_ok=True)
            for name in MODEL:
                (folder / name).write_text(f"training {len(calls)}")
        if len(folders) > 1:
            write_predictions(out_of_fold, ["a"], np.array([1]), np.full((1, 19), 1 / (len(calls) + 1)))
        return StageReport(counts={}, details={})

    monkeypatch.setattr(train, "run", run)
    return calls


def run_train(work: WorkFolder, labels: object, *assignments: str) -> Manifest:
    config = load_config(None, ["train.split.fold=0", *assignments])
    return execute(train_step(work, labels, config), QuietContext())


def test_the_outputs_of_one_classifier_and_of_folds(work: WorkFolder, asked, tmp_path: Path) -> None:
    one = run_train(work, tmp_path / "train.csv")
    assert set(one.outputs) == {f"model/{name}" for name in MODEL}
    folds = run_train(work, tmp_path / "train.csv", *FOLDS)
    assert set(folds.outputs) == {
        *(f"model/{folder}{name}" for folder in ("", "fold-0/", "fold-1/") for name in MODEL),
        *("out_of_fold.parquet", "out_of_fold.json"),
    }
    assert "missing" not in one.outputs.values()
    assert {name for name, stamp in folds.outputs.items() if stamp == "missing"} == set(one.outputs)
    assert run_train(work, tmp_path / "train.csv", *FOLDS) == folds
    assert len(asked) == 2


def test_a_missing_fold_is_trained_again(work: WorkFolder, asked, tmp_path: Path) -> None:
    run_train(work, tmp_path / "train.csv", *FOLDS)
    (work.model / "fold-1" / "model.toml").unlink()
    run_train(work, tmp_path / "train.csv", *FOLDS)
    assert len(asked) == 2


def test_folds_that_cannot_be(
    work: WorkFolder, asked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_train(work, tmp_path / "train.csv", *FOLDS)
    trained = []

    def one(_: TrainInputs, outputs: TrainOutputs, *__: object) -> StageReport:
        for name in ("model.safetensors", "model.toml"):
            (outputs.model_dir / name).write_text("one")
        outputs.out_of_fold_path.unlink(missing_ok=True)
        trained.append(outputs.model_dir)
        return StageReport(counts={}, details={})

    monkeypatch.setattr(train, "run", one)
    (tmp_path / "train.csv").write_text("ID,Label\na,1\n")
    for _ in range(2):
        run_train(work, tmp_path / "train.csv", *FOLDS)
    assert len(trained) == 1
    assert not work.out_of_fold_record.exists()
    with pytest.raises(InputError, match="no out-of-fold predictions"):
        run_train(work, "oof")
    (work.model / "model.toml").unlink()
    run_train(work, tmp_path / "train.csv", *FOLDS)
    assert len(trained) == 2


def test_other_labels_or_settings_train_anew(work: WorkFolder, asked, tmp_path: Path) -> None:
    run_train(work, tmp_path / "train.csv")
    run_train(work, tmp_path / "train.csv", "train.seed=2")
    (tmp_path / "train.csv").write_text("ID,Label\na,1\n")
    run_train(work, tmp_path / "train.csv", "train.seed=2")
    assert len(asked) == 3


def test_a_frozen_backbone_is_trained_anew_too(work: WorkFolder, asked, tmp_path: Path) -> None:
    frozen = ("train.backbone.frozen=all", "train.cache_features=always")
    run_train(work, tmp_path / "train.csv", *frozen)
    run_train(work, tmp_path / "train.csv", *frozen, "train.fit.epochs=2")
    assert len(asked) == 2
    assert (work.model / "model.toml").read_text() == "training 2"


def test_labels_softened_by_the_folds(work: WorkFolder, asked, tmp_path: Path) -> None:
    run_train(work, tmp_path / "train.csv", *FOLDS)
    run_train(work, "oof", *FOLDS)
    first, second = asked
    assert (first["labels"], first["soft"], first["out_of_fold"]) == (
        *(tmp_path / "train.csv", None, work.out_of_fold),
    )
    assert (second["labels"], second["soft"], second["out_of_fold"]) == (
        *(tmp_path / "train.csv", work.out_of_fold, work.soft_out_of_fold),
    )
    run_train(work, "oof", *FOLDS)
    assert len(asked) == 2
    # What one classifier is trained on may be softened, too.
    run_train(work, "oof")
    assert asked[2]["soft"] == work.out_of_fold


def test_a_softened_training_that_was_killed_goes_on(
    work: WorkFolder, asked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_train(work, tmp_path / "train.csv", *FOLDS)

    def die(*_: object, **__: object) -> StageReport:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(train, "run", die)
        with pytest.raises(SystemExit):
            run_train(work, "oof")
    assert read_manifest(work.manifest("train")) is None
    run_train(work, "oof")
    assert asked[1]["labels"] == tmp_path / "train.csv"


def no_folds(work: WorkFolder) -> None:
    work.out_of_fold.unlink()


def no_record(work: WorkFolder) -> None:
    work.out_of_fold_record.write_text("{")


def other_predictions(work: WorkFolder) -> None:
    work.out_of_fold.write_bytes(work.out_of_fold.read_bytes() + b"x")


def other_tiles(work: WorkFolder) -> None:
    finish_stage(work, "crops", "other tiles")


@pytest.mark.parametrize("happens", [no_folds, no_record, other_predictions, other_tiles])
def test_nothing_to_soften_labels_with(work: WorkFolder, asked, tmp_path: Path, happens) -> None:
    with pytest.raises(InputError, match="out_of_fold.parquet: no out-of-fold predictions"):
        run_train(work, "oof")
    run_train(work, tmp_path / "train.csv")
    with pytest.raises(InputError, match=r"train with --set train.split.fold=all and a label file first"):
        run_train(work, "oof")
    run_train(work, tmp_path / "train.csv", *FOLDS)
    happens(work)
    with pytest.raises(InputError, match="out-of-fold predictions"):
        run_train(work, "oof")


def test_a_follower_writes_nothing_and_is_done_when_the_first_is(
    work: WorkFolder, asked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RANK", "1")
    run_train(work, tmp_path / "train.csv", *FOLDS)
    assert not work.manifest("train").exists()
    assert not work.out_of_fold_record.exists()
    # The stand-in for training writes in every process, and training in the first alone.
    shutil.rmtree(work.model)
    work.out_of_fold.unlink()
    monkeypatch.setenv("RANK", "0")
    run_train(work, tmp_path / "train.csv", *FOLDS)
    assert json.loads(work.out_of_fold_record.read_text())["crops"] == "tiles"
    monkeypatch.setenv("RANK", "1")
    run_train(work, tmp_path / "train.csv", *FOLDS)
    assert len(asked) == 2


def test_another_start_trains_anew(work: WorkFolder, asked, tmp_path: Path) -> None:
    start = tmp_path / "start"
    start.mkdir()
    assignment = f"train.initial_weights={start}"
    with pytest.raises(InputError, match="start/model.safetensors: No such file"):
        run_train(work, tmp_path / "train.csv", assignment)
    for weights in ("weights", "weights", "other weights"):
        (start / "model.safetensors").write_text(weights)
        run_train(work, tmp_path / "train.csv", assignment)
    assert len(asked) == 2


def test_the_range_test_begins_where_it_is_told(
    work: WorkFolder, asked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    starts = []

    def run(inputs: FindRateInputs, outputs: FindRateOutputs, *_: object) -> StageReport:
        starts.append(inputs.recipe.initial_weights)
        outputs.table_path.write_text("rate,loss\n")
        outputs.picture_path.write_text("picture")
        return StageReport(counts={}, details={"steepest": 0.1, "highest": None})

    monkeypatch.setattr(find_rate, "run", run)
    config, labels = load_config(None, ['train.initial_weights=""']), tmp_path / "train.csv"

    def test(after: bool) -> Manifest:
        return execute(find_rate_step(work, labels, after, config), QuietContext())

    assert test(False).details == {"steepest": 0.1, "highest": None}
    assert set(test(False).outputs) == {"find_rate.csv", "find_rate.png"}
    with pytest.raises(InputError, match="train is not finished"):
        test(True)
    run_train(work, labels)
    test(True)
    run_train(work, labels, *FOLDS)
    test(True)
    assert starts == ["", str(work.model), str(work.model / "fold-0")]


def test_a_mistake_leaves_the_trained_model_for_others(
    work: WorkFolder, asked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained = run_train(work, tmp_path / "train.csv")

    def refuse(*_: object, **__: object) -> StageReport:
        (work.model / "fold-0").mkdir()
        (work.model / "fold-0" / "checkpoint.pt").write_text("begun")
        raise InputError(found="label 'Nowhere' is not a class", where="wrong.csv")

    (tmp_path / "wrong.csv").write_text("ID,Label\na,Nowhere\n")
    with monkeypatch.context() as patch:
        patch.setattr(train, "run", refuse)
        with pytest.raises(InputError, match="Nowhere"):
            run_train(work, tmp_path / "wrong.csv", *FOLDS)
    assert require(work, "train") == trained
    assert find_classifiers(work.model) == [work.model]
    assert run_train(work, tmp_path / "train.csv") == trained
    assert len(asked) == 1


@pytest.mark.parametrize("setting", ["workers=1", "tile_cache_gib=0", "fit.checkpoint_seconds=5"])
def test_what_cannot_change_a_training_does_not_repeat_it(
    work: WorkFolder, asked, tmp_path: Path, setting: str
) -> None:
    trained = run_train(work, tmp_path / "train.csv")
    assert run_train(work, tmp_path / "train.csv", f"train.{setting}") == trained
    run_train(work, tmp_path / "train.csv", "train.fit.accumulation_steps=2")
    assert len(asked) == 2


def test_without_a_training_a_classifier_can_be_given(work: WorkFolder) -> None:
    advice = (
        "run `hpacells train` with this work folder first, or give a classifier with --model, .*simhpa19$"
    )
    with pytest.raises(InputError, match=f"train is not finished; .*{advice}"):
        require_classifier(work, instead=GIVE_MODEL)
