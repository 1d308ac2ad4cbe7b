"""Cells are cut by their known masks, and what is known of single cells never reaches the training."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file

from benchmarks.simhpa19.arms import Part, shuffle_labels, train_network
from benchmarks.simhpa19.known_cells import cut_known_cells, read_true_labels
from data.cells.cells_table import read_cells
from data.errors import InputError
from data.labels.label_file import read_labels
from data.masks.label_image import read_label_image
from data.masks.rle import decode_mask
from data.predictions.submission import read_submission
from data.tiles.tile_store import TileStore
from pipeline.runs.work_folder import WorkFolder
from stages.train.settings import TrainSettings

TINY = TrainSettings.model_validate(
    {
        "device": "cpu",
        "precision": "float32",
        "tiles": {"size": 32},
        "backbone": {"name": "test_efficientnet", "pretrained": "none"},
        "head": {"embedding": 16},
        "fit": {"epochs": 1, "batch_size": 8},
    }
)


def cut(part: Path, work: Path, inline) -> Part:
    folder = WorkFolder(work)
    return Part(part / "train.csv", folder, cut_known_cells(part, folder, inline))


def test_every_known_cell_has_a_row_and_a_tile(benchmark_set: Path, inline, tmp_path: Path) -> None:
    part = benchmark_set / "test"
    work = cut(part, tmp_path, inline).work
    table = read_cells(work.cells)
    masks = {path.name.removesuffix("_cells.png"): path for path in (part / "masks").glob("*_cells.png")}
    counts = {image_id: int(read_label_image(path).max()) for image_id, path in masks.items()}
    assert table.groupby("image_id").size().to_dict() == counts
    assert len(TileStore(work.tiles)) == len(table)


def test_true_labels_are_those_of_the_cell_with_the_mask(benchmark_set: Path, inline, tmp_path: Path) -> None:
    part = benchmark_set / "test"
    table = read_cells(cut(part, tmp_path, inline).work.cells)
    shuffled = table.sample(frac=1, random_state=1)
    targets = read_true_labels(part / "truth.csv", shuffled)
    truth = read_submission(part / "truth.csv")
    assert targets.sum() == len(truth.triples)
    names = truth.images["image_id"].tolist()
    for triple in truth.triples.iloc[::7].itertuples():
        image_id = names[triple.image]
        width, height = truth.images.iloc[triple.image][["width", "height"]]
        mask = decode_mask(truth.masks[triple.mask], height, width).astype(bool)
        number = int(read_label_image(part / f"masks/{image_id}_cells.png")[mask].max())
        row = (shuffled["image_id"] == image_id) & (shuffled["cell_id"] == number)
        assert targets[row.to_numpy(), triple.label].tolist() == [True]


def test_a_cell_without_truth(benchmark_set: Path) -> None:
    cells = pd.DataFrame({"image_id": ["sim-1-00001"], "rle": ["other"]})
    with pytest.raises(InputError, match="no truth for a cell of image sim-1-00001"):
        read_true_labels(benchmark_set / "test/truth.csv", cells)


@pytest.mark.slow
def test_training_sees_no_truth_of_single_cells(benchmark_set: Path, inline, tmp_path: Path) -> None:
    weights = []
    for name in ("with", "without"):
        part = tmp_path / name / "train"
        shutil.copytree(benchmark_set / "train", part)
        learnt = cut(part, tmp_path / name / "work", inline)
        if name == "without":
            (part / "truth.csv").unlink()
            for folder in ("masks", "records"):
                shutil.rmtree(part / folder)
            for path in (*part.glob("*.png"), part / "simulate.json"):
                path.unlink(missing_ok=True)
            assert [path.name for path in part.iterdir()] == ["train.csv"]
        train_network(tmp_path / name / "arm", TINY, learnt.labels, learnt, inline)
        weights.append(load_file(tmp_path / name / "arm/model/model.safetensors"))
    first, second = weights
    assert first.keys() == second.keys()
    assert all(np.array_equal(first[name], second[name]) for name in first)


def test_labels_are_those_of_images(benchmark_set: Path) -> None:
    part = benchmark_set / "train"
    assert (part / "train.csv").read_text().splitlines()[0] == "ID,Label"
    images = {path.name.removesuffix("_green.png") for path in part.glob("*_green.png")}
    assert set(read_labels(part / "train.csv")) == images


def test_shuffled_labels_are_the_same_labels_elsewhere(benchmark_set: Path, tmp_path: Path) -> None:
    labels = read_labels(benchmark_set / "train/train.csv")
    shuffled = read_labels(shuffle_labels(benchmark_set / "train/train.csv", tmp_path / "s.csv"))
    assert shuffled.keys() == labels.keys()
    assert sorted(shuffled.values()) == sorted(labels.values())
    assert sum(shuffled[image_id] != labels[image_id] for image_id in labels) > len(labels) / 2
