"""A recipe cross-validated on labelled cells, by its command."""

import json
import sys
import tomllib
from pathlib import Path

import pytest

from benchmarks.real_cells import __main__ as command
from data.errors import InputError
from data.labels.label_file import CLASS_NAMES, read_labels
from pipeline.config.config import load_config
from stages.train.settings import TrainSettings

RECIPE = """
device = "cpu"
[tiles]
size = 32
[split]
folds = 5
fold = "all"
[backbone]
name = "test_efficientnet"
pretrained = "none"
[fit]
epochs = 2
batch_size = 8
early_stopping_patience = 1
"""


def cross_validate(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> None:
    monkeypatch.setattr(sys, "argv", ["real_cells", *map(str, arguments)])
    command.main()


@pytest.mark.slow
def test_every_cell_is_judged_by_what_never_saw_it(
    real_cells: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe, work = tmp_path / "small.toml", tmp_path / "work"
    recipe.write_text(RECIPE)
    cross_validate(monkeypatch, real_cells, "--work", work, "--recipe", recipe, "--set", "train.seed=3")
    told = capsys.readouterr().out
    figures = json.loads((work / "small/figures.json").read_text())
    assert figures["cells"] == 4
    assert figures["settings"]["seed"] == 3
    names = [CLASS_NAMES[0], CLASS_NAMES[16]]
    assert figures["confusion"]["classes"] == names
    assert figures["balanced_accuracy"] == pytest.approx(sum(figures["recall"].values()) / 2)
    assert f"balanced accuracy {figures['balanced_accuracy']:.3f}" in told
    assert "--set train.seed=3" in told
    assert (work / "small/confusion.png").stat().st_size > 1000

    seen = [set(read_labels(file)) for file in sorted((work / "small").glob("fold-*/labels.csv"))]
    everything = set.union(*seen)
    assert len(everything) == 4
    held_out = [image_id for fold in seen for image_id in everything - fold]
    assert sorted(held_out) == sorted(everything)
    for fold in range(len(seen)):
        described = tomllib.loads((work / f"small/fold-{fold}/model/model.toml").read_text())
        settings = described["training"]["settings"]
        assert settings["split"]["folds"] == 0
        assert settings["fit"]["epochs"] == 2

    # Finished folds are not trained a second time.
    weights = work / "small/fold-0/model/model.safetensors"
    before = weights.stat().st_mtime_ns
    cross_validate(monkeypatch, real_cells, "--work", work, "--recipe", recipe, "--set", "train.seed=3")
    assert weights.stat().st_mtime_ns == before


@pytest.mark.slow
def test_the_default_recipe_starts_from_its_own_weights(
    real_cells: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = ["tiles.size=32", "fit.epochs=1", "fit.batch_size=8", "device=cpu"]
    settings = [word for setting in small for word in ("--set", f"train.{setting}")]
    cross_validate(monkeypatch, real_cells, "--work", tmp_path, "--name", "own", *settings)
    figures = json.loads((tmp_path / "own/figures.json").read_text())
    assert figures["settings"]["initial_weights"] == "simhpa19"
    assert figures["cells"] == 4


def test_nothing_but_what_is_held_out_is_changed() -> None:
    settings = load_config(None, [], None).settings("train", TrainSettings)
    changed = command.train_on_all(settings).model_dump()
    wanted = settings.model_dump()
    wanted["split"] = wanted["split"] | {"folds": 0, "fold": 0}
    wanted["fit"] = wanted["fit"] | {"early_stopping_patience": 0}
    assert settings.initial_weights == "simhpa19"
    assert changed == wanted


def test_cells_without_labels_are_told(
    real_cells: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "cells"
    folder.mkdir()
    for file in real_cells.glob("*.png"):
        (folder / file.name).symlink_to(file)
    rows = [line.split(",")[0] for line in (real_cells / "index.csv").read_text().splitlines()]
    (folder / "index.csv").write_text("\n".join(rows))
    with pytest.raises(InputError, match="no labels"):
        cross_validate(monkeypatch, folder, "--work", tmp_path / "work")
