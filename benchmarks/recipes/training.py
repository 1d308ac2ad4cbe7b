"""Training and predicting as the comparison does it: a step that is not done twice, and what it cost."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from safetensors import safe_open

from benchmarks.simhpa19.arms import Part
from data.file_hash import hash_file
from data.labels.label_set import read_label_set
from data.predictions.predictions_table import PROBABILITY_COLUMNS, read_predictions
from data.training.balance import balance_items
from pipeline.runs.execute import Step, execute
from pipeline.steps.train import hash_start
from stages.predict.paths import PredictInputs, PredictOutputs
from stages.predict.run import run as predict
from stages.predict.settings import PredictSettings
from stages.stage import Context
from stages.train.cells.selection import read_labelled_cells
from stages.train.paths import TrainInputs, TrainOutputs
from stages.train.run import run as train
from stages.train.settings import TrainSettings


@dataclass(frozen=True)
class Cost:
    """What a training took.

    Attributes
    ----------
    seconds
        Of all epochs, as they were measured; an interrupted training counts in full.
    tiles
        Training tiles that were learnt from, each as often as it came.
    parameters
        Weights of the network, those that are frozen too.
    """

    seconds: float
    tiles: int
    parameters: int


def train_recipe(folder: Path, settings: TrainSettings, labels: Path, learnt: Part, context: Context) -> Cost:
    """Train a classifier into ``folder/model`` on the cells of the labelled images, unless that is done."""
    work, model = learnt.work, folder / "model"
    dependencies = {"crops": learnt.cut.output_key, "labels": hash_file(labels)} | hash_start(settings)
    step = Step(
        stage="train",
        manifest=folder / "train.json",
        settings=settings,
        inputs=dependencies,
        outputs=(model / "model.safetensors", model / "model.toml"),
        run=lambda _, context: train(
            TrainInputs(work.tiles, work.cells, labels), TrainOutputs(model), settings, context
        ),
    )
    execute(step, context)
    epochs = pd.read_csv(model / "metrics.csv")
    tiles = count_tiles(settings, labels, learnt) * len(epochs)
    return Cost(float(epochs["seconds"].sum()), tiles, _count_parameters(model))


def count_tiles(settings: TrainSettings, labels: Path, learnt: Part) -> int:
    """Count the tiles of an epoch, repeated and made ones too."""
    targets = _read_targets(settings, labels, learnt)
    label_set = read_label_set(settings.label_set)
    return len(balance_items(targets, settings.data, label_set, settings.seed).cells)


def mean_class_size(settings: TrainSettings, labels: Path, learnt: Part) -> float:
    """Count the training cells that a class has on average, of the classes that have any."""
    counts = _read_targets(settings, labels, learnt).sum(axis=0)
    return float(counts[counts > 0].mean())


def predict_cells(model: Path, judged: Part, output: Path, context: Context) -> NDArray[np.float32]:
    """Predict the kept cells of a part by the classifier in a folder, (n, 19) float32, in float32."""
    runtime = "cuda" if torch.cuda.is_available() else "torch"
    settings = PredictSettings(runtime=runtime)
    output.parent.mkdir(parents=True, exist_ok=True)
    inputs = PredictInputs(judged.work.tiles, judged.work.cells, [model])
    predict(inputs, PredictOutputs(output), settings, context)
    return read_predictions(output)[list(PROBABILITY_COLUMNS)].to_numpy(np.float32)


def _read_targets(settings: TrainSettings, labels: Path, learnt: Part) -> NDArray[np.bool_]:
    inputs = TrainInputs(learnt.work.tiles, learnt.work.cells, labels)
    chosen = read_labelled_cells(inputs, settings).select(settings)
    return chosen.targets


def _count_parameters(model: Path) -> int:
    with safe_open(model / "model.safetensors", "np") as weights:
        names = [name for name in weights.keys() if "running_" not in name and "num_batches" not in name]  # noqa: SIM118
        return sum(int(np.prod(weights.get_slice(name).get_shape())) for name in names)
