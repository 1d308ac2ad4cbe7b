"""The whole comparison, with tiny networks on a few simulated fields, and its parts."""

import json
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

from benchmarks.recipes import __main__ as command
from benchmarks.recipes.comparison import list_recipes
from benchmarks.recipes.simulated import choose_thresholds, summarise
from benchmarks.recipes.weights import Download, describe_weights
from data.errors import InputError
from pipeline.config.config import load_config
from stages.train.settings import TrainSettings
from tests.factories.simulated_set import simulate_into

TINY = """
device = "cpu"
[backbone]
name = "test_efficientnet"
pretrained = "none"
[head]
embedding = 16
[schedule]
epochs = 4
batch_size = 8
"""


def read(recipe: str) -> TrainSettings:
    return load_config(None, [], recipe).settings("train", TrainSettings)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recipes")
    for seed, part in enumerate(("train", "validation", "test")):
        simulate_into(folder / part, fields=4, size=512, seed=seed, single_fraction=0.9)
    return folder


@pytest.mark.slow
def test_two_recipes(
    data: Path,
    real_cells: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    one, several, broken, work = (tmp_path / name for name in ("one.toml", "several.toml", "no.toml", "work"))
    one.write_text('images = "single"\n' + TINY)
    several.write_text('images = "all"\n' + TINY + '[thresholds]\nkind = "one"\n')
    broken.write_text(TINY.replace("test_efficientnet", "no_such_network"))
    arguments = [data, "--work", work, "--recipes", f"{one},{broken},{several}", "--size", 32, "--epochs", 1]
    arguments += ["--cells", real_cells, "--cell-epochs", 1, "--offline"]
    monkeypatch.setattr(sys, "argv", ["recipes", *map(str, arguments)])
    command.main()
    told = capsys.readouterr().out
    rows = {row["recipe"]: row for row in json.loads((work / "recipes.json").read_text())["recipes"]}
    assert "no_such_network" in rows["no"]["failed"]
    for name in ("one", "several"):
        row = rows[name]
        assert not row["failed"]
        assert 0 < row["map"] <= 1
        assert all(
            0 <= row[f"{by}_{what}"] <= 1 for by in ("image", "true") for what in ("macro_ap", "macro_f1")
        )
        assert row["px"] == 32
        assert row["real_imagenet_cells"] == row["real_pretrained_cells"] == 4
        assert f"| {name} | 32 | random |" in told
        described = tomllib.loads((work / f"recipes/{name}/pretrained/fold-0/model/model.toml").read_text())
        settings = described["training"]["settings"]
        assert settings["start"] == str(work / f"recipes/{name}/model")
        assert settings["split"]["folds"] == 0
    assert f"--work {work}" in told
    assert (work / "recipes.png").stat().st_size > 1000

    # Nothing is trained a second time; what failed is tried again.
    before = (work / "recipes/one/model/model.safetensors").stat().st_mtime_ns
    (work / "recipes/one/simulated.json").rename(tmp_path / "kept.json")
    command.main()
    assert (work / "recipes/one/model/model.safetensors").stat().st_mtime_ns == before
    again = json.loads((work / "recipes.json").read_text())["recipes"]
    assert {row["recipe"]: row["map"] for row in again} == {name: row["map"] for name, row in rows.items()}


@pytest.mark.parametrize(
    "options", [["--epochs", "0"], ["--size", "8"], ["--cell-epochs", "0"], ["--unknown"], ["--size", "x"]]
)
def test_options_that_cannot_be(
    options: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["recipes", "data", "--work", "w", *options])
    with pytest.raises(SystemExit):
        command.main()
    assert "error" in capsys.readouterr().err


def test_every_paper_is_among_the_recipes_and_has_its_figures() -> None:
    names = list_recipes()
    assert names[0] == "hpacells"
    assert {name.partition("-")[0] for name in names[1:]} == {
        "alsubait2022",
        "zhang2021",
        "elnashar2022",
        "madeira2019",
        "jain2021",
    }
    published = tomllib.loads(Path(command.__file__).with_name("published.toml").read_text())
    assert set(published) == set(names[1:])


def test_weights_that_cannot_be_fetched_are_random(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []

    def fail(*_: object, **__: object) -> None:
        tried.append(1)
        raise InputError(found="no network", where="here", expected="one")

    monkeypatch.setattr("benchmarks.recipes.weights.create_backbone", fail)
    download = Download()
    for recipe in ("zhang2021-resnet50", "jain2021-ce"):
        wanted = read(recipe)
        used = download.settle(wanted)
        assert used.backbone.pretrained == "none"
        assert used.backbone.name == wanted.backbone.name
        assert describe_weights(wanted, used) == "random (ImageNet not at hand)"
    assert len(tried) == 1
    assert download.settle(read("hpacells")) == read("hpacells")
    Download(allowed=False).settle(read("jain2021-ce"))
    assert len(tried) == 1


def test_weights_that_can_be_fetched_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.recipes.weights.create_backbone", lambda *_, **__: None)
    wanted = read("zhang2021-resnet50")
    assert Download().settle(wanted) == wanted
    assert describe_weights(wanted, wanted) == "ImageNet"
    frozen = read("alsubait2022-resnet50")
    assert describe_weights(frozen, Download(allowed=False).settle(frozen)) == "random, frozen"


def test_classes_that_no_cell_has_play_no_part() -> None:
    targets = np.zeros((4, 19), bool)
    targets[[0, 1], 2] = targets[[1, 3], 5] = True
    probabilities = np.zeros((4, 19))
    probabilities[:, 2] = 0.9, 0.8, 0.3, 0.1
    probabilities[:, 5] = 0.1, 0.9, 0.7, 0.6
    probabilities[:, 7] = 0.95
    figures = summarise(probabilities, probabilities >= 0.5, targets)
    # Class 5 is found at ranks 1 and 3; of three found ones two are right.
    assert figures["macro_ap"] == pytest.approx((1 + (1 + 2 / 3) / 2) / 2)
    assert figures["macro_f1"] == pytest.approx((1 + 2 * 2 / 5) / 2)


def test_thresholds_are_those_of_the_recipe() -> None:
    targets = np.zeros((6, 19), bool)
    targets[:3, 1] = True
    probabilities = np.where(targets, 0.35, 0.22)
    assert choose_thresholds(read("jain2021-ce"), probabilities, targets) is None
    half = choose_thresholds(read("elnashar2022-resnet50"), probabilities, targets)
    assert half is not None
    assert half.tolist() == [0.5] * 19
    greedy = choose_thresholds(read("zhang2021-senet"), probabilities, targets)
    assert greedy is not None
    assert 0.22 < greedy[1] <= 0.35
