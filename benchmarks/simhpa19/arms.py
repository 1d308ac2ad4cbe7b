"""The arms of the checks: classifiers that see the same cells and differ in one thing."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.simhpa19.image_statistics.tile_statistics import measure_store
from data.cells.cells_table import read_cells
from data.file_hash import hash_file
from data.labels.image_values import read_image_labels
from data.labels.label_file import NUM_CLASSES, read_labels, write_labels
from data.labels.label_set import HPA2021
from data.predictions.predictions_table import PROBABILITY_COLUMNS, read_predictions
from data.tiles.tile_store import TileStore
from data.training.selection import select_training_set
from data.training.training_cells import read_training_cells
from pipeline.runs.execute import Step, execute
from pipeline.runs.manifest import Manifest
from pipeline.runs.work_folder import WorkFolder
from stages.predict.paths import PredictInputs, PredictOutputs
from stages.predict.run import run as predict
from stages.predict.settings import PredictSettings
from stages.stage import Context
from stages.train.paths import TrainInputs, TrainOutputs
from stages.train.run import run as train
from stages.train.settings import TrainSettings


@dataclass(frozen=True)
class Part:
    """A part of the set whose cells are cut: its label file, its work folder, and the manifest of the cut."""

    labels: Path
    work: WorkFolder
    cut: Manifest


def train_network(
    folder: Path, settings: TrainSettings, labels: Path, learnt: Part, context: Context
) -> Manifest:
    """Train a classifier into ``folder/model`` on a part, with these labels, unless that is done."""
    work, model = learnt.work, folder / "model"
    step = Step(
        stage="train",
        manifest=folder / "train.json",
        settings=settings,
        inputs={"crops": learnt.cut.output_key, "labels": hash_file(labels)},
        outputs=(model / "model.safetensors", model / "model.toml"),
        run=lambda _, context: train(
            TrainInputs(work.tiles, work.cells, labels), TrainOutputs(model), settings, context
        ),
    )
    return execute(step, context)


def predict_cells(folder: Path, judged: Part, context: Context) -> NDArray[np.float32]:
    """Predict the kept cells of a part with the classifier in ``folder/model``, (n, 19) float32."""
    return predict_folder(folder / "model", judged.work, folder / "predictions.parquet", context)


def predict_folder(model: Path, work: WorkFolder, output: Path, context: Context) -> NDArray[np.float32]:
    """Predict the kept cells of a work folder with the classifier in ``model``, (n, 19) float32."""
    inputs = PredictInputs(work.tiles, work.cells, [model])
    predict(inputs, PredictOutputs(output), PredictSettings.model_validate({}), context)
    return read_predictions(output)[list(PROBABILITY_COLUMNS)].to_numpy(np.float32)


def predict_linearly(learnt: Part, judged: Part) -> NDArray[np.float64]:
    """Predict the kept cells of a part by logistic regression on ten statistics a tile, (n, 19) float64.

    It learns from the cells of images with one label, as the network does; classes are weighted as if each
    were as frequent as the others.
    """
    cells = read_training_cells(learnt.work.cells)
    labels = read_image_labels(learnt.labels, HPA2021)
    chosen = select_training_set(cells, labels, "single", where=learnt.labels)
    known = measure_store(TileStore(learnt.work.tiles, rows=len(cells.kept)), chosen.rows)
    model = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced", max_iter=2000))
    model.fit(known, chosen.targets.argmax(axis=1))
    asked = read_cells(judged.work.cells, ["dropped"])
    rows = np.flatnonzero(asked["dropped"].to_numpy(dtype=str) == "")
    probabilities = np.zeros((len(rows), NUM_CLASSES))
    store = TileStore(judged.work.tiles, rows=len(asked))
    probabilities[:, model.classes_] = model.predict_proba(measure_store(store, rows))
    return probabilities


def shuffle_labels(labels: Path, shuffled: Path, seed: int = 0) -> Path:
    """Write the label file with the labels dealt out to the images at random."""
    known = read_labels(labels)
    order = np.random.default_rng(seed).permutation(len(known))
    classes = list(known.values())
    write_labels(
        shuffled, {image_id: classes[place] for image_id, place in zip(known, order.tolist(), strict=True)}
    )
    return shuffled
