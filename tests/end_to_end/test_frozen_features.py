"""Training a head on computed features through the command line."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

from data.cells.cells_table import write_cells
from data.labels.label_file import write_labels
from pipeline.runs.work_folder import WorkFolder
from tests.factories.cells_table import make_cells_table
from tests.factories.tile_store import write_tile_store
from tests.factories.work_folder import finish_stage

HPACELLS = Path(sys.executable).with_name("hpacells")
IMAGES = {f"image{number:02}": (number % 3,) for number in range(30)}
CELLS_PER_IMAGE = 3
CELLS = len(IMAGES) * CELLS_PER_IMAGE

RECIPE = """
images = "all"
device = "cpu"
precision = "float32"
[tiles]
size = 64
[split]
folds = 2
[backbone]
frozen = "all"
[head]
kind = "linear"
[optimiser]
kind = "sgd"
[fit]
epochs = 2
batch_size = 16
checkpoint_seconds = 0
"""


@pytest.fixture
def make_work(tmp_path: Path):
    write_labels(tmp_path / "train.csv", IMAGES)
    (tmp_path / "head.toml").write_text(RECIPE)

    def make(name: str) -> WorkFolder:
        work = WorkFolder(tmp_path / name)
        work.root.mkdir()
        classes = [number for (number,) in IMAGES.values() for _ in range(CELLS_PER_IMAGE)]
        images = [image for image in IMAGES for _ in range(CELLS_PER_IMAGE)]
        write_cells(work.cells, make_cells_table(images))
        coarse = np.random.default_rng(3).normal(0, 40, (len(classes), 4, 16, 16))
        tiles = 70.0 + coarse.repeat(16, axis=2).repeat(16, axis=3)
        tiles[:, 1] += 50 * np.array(classes)[:, None, None]
        write_tile_store(work.tiles, tiles.clip(0, 255).astype(np.uint8))
        finish_stage(work, "crops", "tiles")
        return work

    return make


def arguments_of(work: WorkFolder, *assignments: str, command: str = "train") -> list[str]:
    beside = work.root.parent
    arguments = [command, "--work", work.root, "--labels", beside / "train.csv"]
    arguments += ["--recipe", beside / "head.toml"]
    return [*map(str, arguments), *(part for each in assignments for part in ("--set", f"train.{each}"))]


def count_computed(folder: Path) -> int:
    try:
        (sums,) = folder.glob("*/cells.crc32.npy")
        return int((np.load(sums) != 0).sum())
    except ValueError:
        return 0


def same_weights(first: Path, second: Path) -> None:
    ours, theirs = load_file(first / "model.safetensors"), load_file(second / "model.safetensors")
    assert ours.keys() == theirs.keys()
    for name, weight in ours.items():
        torch.testing.assert_close(weight, theirs[name], rtol=1e-4, atol=1e-5)


def test_the_rate_is_found_a_head_trained_and_cells_predicted(make_work, hpacells) -> None:
    work = make_work("work")
    found = hpacells(*arguments_of(work, command="find-rate"), "--set", "find_rate.steps=10")
    assert f"{CELLS} of {CELLS} cells to compute" in found.stderr
    trained = hpacells(*arguments_of(work, "split.fold=all"))
    assert "to compute" not in trained.stderr
    hpacells("predict", "--work", work.root, "--runtime", "torch")
    # Each cell was held out in one fold; both classifiers are in the mean.
    predicted, held_out = (pd.read_parquet(path) for path in (work.predictions, work.out_of_fold))
    assert len(predicted) == len(held_out) == CELLS
    plain = make_work("plain")
    hpacells(*arguments_of(plain, "split.fold=all", "cache_features=never"))
    assert not plain.frozen_features.exists()
    hpacells("predict", "--work", plain.root, "--runtime", "torch")
    columns = [name for name in predicted if name.startswith("p_")]
    for table, expected in ((predicted, plain.predictions), (held_out, plain.out_of_fold)):
        np.testing.assert_allclose(table[columns], pd.read_parquet(expected)[columns], atol=1e-4)
    for fold in ("fold-0", "fold-1"):
        same_weights(work.model / fold, plain.model / fold)
    again = hpacells(*arguments_of(work, "split.fold=all"))
    assert "done before" in again.stderr


def test_killed_while_it_computes_it_goes_on_with_the_next_cells(make_work, hpacells, warm_hpacells) -> None:
    work, whole = make_work("work"), make_work("whole")
    hpacells(*arguments_of(whole))
    process = subprocess.Popen([str(warm_hpacells), *arguments_of(work)], stderr=subprocess.PIPE, text=True)
    while not count_computed(work.frozen_features) and process.poll() is None:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    computed = count_computed(work.frozen_features)
    assert 0 < computed <= CELLS
    trained = hpacells(*arguments_of(work))
    if computed < CELLS - 30:
        assert f"of {CELLS} cells to compute" in trained.stderr
        assert f"{CELLS} of {CELLS}" not in trained.stderr
    same_weights(work.model, whole.model)
    assert not list(work.frozen_features.rglob("*.part*"))


@pytest.mark.slow
def test_two_processes_compute_a_part_each(make_work, hpacells) -> None:
    work, alone = make_work("work"), make_work("alone")
    hpacells(*arguments_of(alone))
    processes = [str(HPACELLS.with_name("torchrun")), "--standalone", "--nproc-per-node=2", str(HPACELLS)]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "COLUMNS": "200"}
    done = subprocess.run(
        [*processes, *arguments_of(work)],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    assert count_computed(work.frozen_features) == CELLS
    same_weights(work.model, alone.model)


@pytest.mark.parametrize(
    ("assignments", "named"),
    [
        (["augment.kind=hpacells"], "train.augment.kind = hpacells"),
        (["tiles.crop=32"], "train.tiles.crop = 32"),
        (["backbone.frozen=stem"], "train.backbone.frozen = stem"),
        (["head.kind=convolution"], "convolution"),
    ],
)
def test_a_contradiction_is_one_line(make_work, hpacells, assignments: list[str], named: str) -> None:
    work = make_work("work")
    told = hpacells(*arguments_of(work, "cache_features=always", *assignments), status=2).stderr
    lines = [line for line in told.splitlines() if line.strip()]
    assert len(lines) == 1
    assert named in lines[0]
    assert "train.cache_features" in lines[0]
    assert not work.model.exists()


def test_a_folder_of_somebody_else_is_left_alone(make_work, hpacells) -> None:
    work = make_work("work")
    work.frozen_features.mkdir()
    (work.frozen_features / "notes.txt").write_text("mine")
    told = hpacells(*arguments_of(work), status=2).stderr
    assert str(work.frozen_features) in told.replace("\n", "")
    assert [path.name for path in work.frozen_features.iterdir()] == ["notes.txt"]
    hpacells(*arguments_of(work, "cache_features=never"))
