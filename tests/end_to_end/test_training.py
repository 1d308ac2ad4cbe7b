"""Training through the command line: killed, in several processes, with folds, and what follows from it."""

import os
import re
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

from data.cells.cells_table import write_cells
from data.labels.label_file import write_labels
from data.predictions.predictions_table import read_predictions
from models.classifiers.ensemble.members import find_classifiers
from pipeline.runs.manifest import read_manifest
from pipeline.runs.work_folder import WorkFolder
from tests.factories.cells_table import make_cells_table
from tests.factories.process_pair import Pair
from tests.factories.tile_store import write_tile_store
from tests.factories.work_folder import finish_stage

HPACELLS = Path(sys.executable).with_name("hpacells")
TWO_PROCESSES = [str(HPACELLS.with_name("torchrun")), "--standalone", "--nproc-per-node=2", str(HPACELLS)]
TIMES = ["seconds", "tiles_per_second", "wait_seconds"]
IMAGES = {f"image{number:02}": (number % 3,) for number in range(13)}
CELLS_PER_IMAGE = 3

RECIPE = """
device = "cpu"
precision = "float32"
[tiles]
size = 32
[split]
folds = 2
[backbone]
name = "test_efficientnet"
pretrained = "none"
[head]
embedding = 16
[fit]
epochs = 2
batch_size = 8
ema_decay = 0.9
checkpoint_seconds = 0
"""

WITHOUT_STATISTICS = """
device = "cpu"
precision = "float32"
[tiles]
size = 32
[backbone]
name = "test_vit"
pretrained = "none"
[head]
kind = "linear"
dropout = 0.0
[optimiser]
kind = "sgd"
[fit]
epochs = 2
batch_size = 8
ema_decay = 0.5
[[phases]]
epochs = 1
"""
"""Of a network whose losses of a batch are those of its tiles, however they are divided."""


def paint(work: WorkFolder, images: dict[str, tuple[int, ...]]) -> None:
    """Write a work folder whose tiles are as bright as their class says."""
    random = np.random.default_rng(3)
    classes = [classes for classes in images.values() for _ in range(CELLS_PER_IMAGE)]
    write_cells(work.cells, make_cells_table([image for image in images for _ in range(CELLS_PER_IMAGE)]))
    coarse = random.normal(0, 40, (len(classes), 4, 16, 16))
    tiles = 70.0 + coarse.repeat(16, axis=2).repeat(16, axis=3)
    tiles[:, 1] += 50 * np.array([sum(numbers) for numbers in classes])[:, None, None]
    write_tile_store(work.tiles, tiles.clip(0, 255).astype(np.uint8))
    finish_stage(work, "crops", "tiles")


@pytest.fixture
def make_work(tmp_path: Path):
    """Make work folders of the same tiles; with labels and recipes beside them."""
    write_labels(tmp_path / "train.csv", IMAGES)
    (tmp_path / "small.toml").write_text(RECIPE)
    (tmp_path / "plain.toml").write_text(WITHOUT_STATISTICS)

    def make(name: str) -> WorkFolder:
        work = WorkFolder(tmp_path / name)
        work.root.mkdir()
        paint(work, IMAGES)
        return work

    return make


def train_arguments(work: WorkFolder, recipe: str, *assignments: str, labels: object = None) -> list[str]:
    beside = work.root.parent
    arguments = ["train", "--work", work.root, "--labels", labels or beside / "train.csv"]
    arguments += ["--recipe", beside / f"{recipe}.toml"]
    return [*map(str, arguments), *(part for each in assignments for part in ("--set", f"train.{each}"))]


def kill_when(path: Path, count: int, command: list[str]) -> None:
    """Kill a command once a file has been written so many times."""
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    seen = set()
    try:
        while len(seen) < count and process.poll() is None:
            if path.exists():
                seen.add(path.stat().st_mtime_ns)
            time.sleep(0.002)
    finally:
        process.send_signal(signal.SIGKILL)
        _, told = process.communicate()
    assert process.returncode == -signal.SIGKILL, told


def run_processes(arguments: list[str]) -> str:
    """Run a command in two processes by torchrun; give what they told."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "COLUMNS": "200"}
    done = subprocess.run(
        [*TWO_PROCESSES, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def same_files(first: Path, second: Path) -> None:
    ours, theirs = load_file(first / "model.safetensors"), load_file(second / "model.safetensors")
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(weight, theirs[name]) for name, weight in ours.items())
    tables = [pd.read_csv(folder / "metrics.csv").drop(columns=TIMES) for folder in (first, second)]
    pd.testing.assert_frame_equal(*tables, check_exact=True)


@pytest.mark.slow
def test_a_killed_training_ends_as_one_that_was_not(make_work, hpacells, warm_hpacells) -> None:
    whole, parts = make_work("whole"), make_work("parts")
    options = ["split.fold=all", "phases=[{epochs=2}]"]
    hpacells(*train_arguments(whole, "small", *options))
    arguments = train_arguments(parts, "small", *options)
    for path, count in (("fold-0/checkpoint.pt", 3), ("fold-1/checkpoint-1.pt", 2)):
        kill_when(parts.model / path, count, [str(warm_hpacells), *arguments])
        assert read_manifest(parts.manifest("train")) is None
    told = hpacells(*arguments).stderr
    assert re.search(r"training resumes in fold \d of 2, phase \d of 2, epoch", told)
    for fold in ("fold-0", "fold-1"):
        same_files(whole.model / fold, parts.model / fold)
    pd.testing.assert_frame_equal(read_predictions(whole.out_of_fold), read_predictions(parts.out_of_fold))
    left = [path.name for path in parts.model.rglob("*") if path.name.startswith((".", "checkpoint"))]
    assert not left
    assert "done before, nothing changed" in hpacells(*arguments).stderr


@pytest.mark.slow
def test_folds_predict_together_and_soften_labels(make_work, hpacells) -> None:
    work = make_work("work")
    hpacells(*train_arguments(work, "small", "split.fold=all", "thresholds.kind=one"))
    hpacells("predict", "--work", work.root)
    together = read_predictions(work.predictions)
    each = []
    for fold in range(2):
        hpacells("predict", "--work", work.root, "--model", work.model / f"fold-{fold}")
        each.append(read_predictions(work.predictions))
    names = [f"p_{label}" for label in range(19)]
    mean = (each[0][names] + each[1][names]) / 2
    np.testing.assert_allclose(together[names], mean, atol=1e-4)
    thresholds = [
        tomllib.loads((work.model / f"fold-{fold}" / "model.toml").read_text())["thresholds"]["values"]
        for fold in range(2)
    ]
    for row, threshold in [(each[0], thresholds[0]), (together, np.mean(thresholds, axis=0))]:
        called = [
            "|".join(str(label) for label in np.flatnonzero(chances >= threshold))
            for chances in row[names].to_numpy(np.float64)
        ]
        assert row["labels"].tolist() == called
    before = read_predictions(work.out_of_fold)
    hpacells(*train_arguments(work, "small", labels="oof"))
    pd.testing.assert_frame_equal(read_predictions(work.out_of_fold), before)
    assert (work.model / "model.toml").is_file()
    hpacells("predict", "--work", work.root)


@pytest.mark.slow
def test_two_processes_train_as_one_does(make_work, hpacells) -> None:
    one, two = make_work("one"), make_work("two")
    hpacells(*train_arguments(one, "plain"))
    # Micro-batches besides: gradients are shared once a step.
    arguments = train_arguments(two, "plain", "fit.accumulation_steps=2")
    told = run_processes(arguments)
    assert told.count("epoch 1 of 2") == 1
    assert told.count("train: ") == 1
    tables = [pd.read_csv(work.model / "metrics.csv").drop(columns=TIMES) for work in (one, two)]
    assert len(tables[0]) == 3
    pd.testing.assert_frame_equal(*tables, rtol=1e-4)
    ours, theirs = (load_file(work.model / "model.safetensors") for work in (one, two))
    assert ours.keys() == theirs.keys()
    for name, weight in ours.items():
        torch.testing.assert_close(weight, theirs[name], rtol=1e-3, atol=1e-5, msg=name)
    manifests = [read_manifest(work.manifest("train")) for work in (one, two)]
    assert manifests[0].outputs.keys() == manifests[1].outputs.keys()
    assert manifests[0].details.keys() == manifests[1].details.keys()
    assert sorted(path.name for path in two.model.iterdir()) == sorted(
        path.name for path in one.model.iterdir()
    )
    # Both see that nothing is to be done; neither waits for the other.
    assert run_processes(arguments).count("done before, nothing changed") == 1


@pytest.mark.slow
def test_two_processes_that_were_killed(make_work, warm_hpacells) -> None:
    # Statistics of batches differ between processes; resumed they must not.
    whole, parts = make_work("whole"), make_work("parts")
    # Epochs enough that a slow look at the checkpoints is not too late.
    options = ["split.folds=3", "fit.epochs=5"]
    statuses, told = Pair(warm_hpacells, train_arguments(whole, "small", *options)).wait()
    assert statuses == [0, 0], told
    arguments = train_arguments(parts, "small", *options)
    pair = Pair(warm_hpacells, arguments)
    seen, checkpoint = set(), parts.model / "checkpoint.pt"
    while len(seen) < 6 and pair.runs():
        if checkpoint.exists():
            seen.add(checkpoint.stat().st_mtime_ns)
        time.sleep(0.002)
    pair.kill()
    statuses, told = pair.wait()
    assert statuses == [-signal.SIGKILL] * 2, told
    assert read_manifest(parts.manifest("train")) is None
    statuses, told = Pair(warm_hpacells, arguments).wait()
    assert statuses == [0, 0], told
    assert "training resumes in epoch" in told
    same_files(whole.model, parts.model)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("assignments", "message"),
    [
        (["fit.batch_size=2"], "tiles for 2 processes; expected at least two tiles for each"),
        (
            ["optimiser.learning_rate=1e30", "lr_schedule.warmup_fraction=0.0"],
            "on a batch of the cells image",
        ),
    ],
    ids=["small batch", "no number"],
)
def test_two_processes_end_together(make_work, warm_hpacells, assignments: list[str], message: str) -> None:
    work = make_work("work")
    statuses, told = Pair(warm_hpacells, train_arguments(work, "plain", *assignments)).wait()
    assert all(statuses), told
    # The first process tells, and the other may.
    lines = [line for line in told.splitlines() if "hpacells: error" in line]
    assert 1 <= len(lines) <= 2
    assert all(message in line for line in lines)
    assert "gloo" not in told
    assert not work.manifest("train").exists()


@pytest.mark.slow
def test_the_range_test_before_and_after_training(make_work, hpacells) -> None:
    work = make_work("work")
    arguments = ["--work", work.root, "--labels", work.root.parent / "train.csv"]
    arguments += ["--recipe", work.root.parent / "small.toml", "--set", "find_rate.steps=12"]
    told = hpacells("find-rate", *arguments).stdout
    assert "steepest: " in told
    assert f"curve: {work.rate_picture}" in told
    assert not work.model.exists()
    first = work.rate_table.read_text()
    hpacells(*train_arguments(work, "small"))
    before = {path: path.read_bytes() for path in work.model.iterdir()}
    hpacells("find-rate", *arguments, "--after")
    assert work.rate_table.read_text() != first
    assert {path: path.read_bytes() for path in work.model.iterdir()} == before
    assert find_classifiers(work.model) == [work.model]
