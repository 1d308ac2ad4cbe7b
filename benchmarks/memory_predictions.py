"""Stages that make and judge predictions, on the made-up tables of ``benchmarks.memory``: their memory.

No tile is read and no network runs: `predict` gets made-up probabilities for each batch, of `train` and
`distil` the cells are chosen and nothing is trained, and of `features` the sample is drawn.
"""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.channels import CHANNELS
from stages.stage import Context

_CLASSES = 19
IMAGE_WEIGHT = 0.3
_CLASSIFIER = "simhpa19"


class _Tiles:
    """A tile store whose tiles nobody reads."""

    channels, preset, size = CHANNELS, "cell", 256

    def __init__(self, path: Path, rows: int | None = None) -> None:
        self._rows = rows or 0

    def __len__(self) -> int:
        return self._rows


def _predict(folder: Path, context: Context) -> None:
    from data.tiles.batch_loader import Batch, BatchLoader
    from models.classifiers import inference
    from models.classifiers.bundled import find_classifier_folder
    from stages.predict import run as module
    from stages.predict.paths import PredictInputs, PredictOutputs
    from stages.predict.settings import PredictSettings

    rng = np.random.default_rng(2)

    def make_up(_: object, tiles: NDArray[Any], *__: object) -> tuple[NDArray[np.float32], ...]:
        probabilities = rng.random((len(tiles), _CLASSES), np.float32)
        return probabilities, np.zeros((len(tiles), 0), np.float32)

    def prepare(_: object, items: NDArray[np.intp], *__: object) -> Batch:
        return Batch(items, np.zeros((len(items), 1, 1, 1), np.uint8))

    settings = {"image_weight": IMAGE_WEIGHT, "embedding": False}
    with ExitStack() as patches:
        patches.enter_context(patch.object(module, "TileStore", _Tiles))
        runtime = SimpleNamespace(identity=lambda: "none")
        patches.enter_context(patch.object(module, "open_runtime", lambda *_, **__: runtime))
        patches.enter_context(patch.object(BatchLoader, "_prepare", prepare))
        patches.enter_context(patch.object(inference, "average_predictions", make_up))
        module.run(
            PredictInputs(
                folder / "tiles.zarr", folder / "cells.parquet", [find_classifier_folder(_CLASSIFIER)], "key"
            ),
            PredictOutputs(folder / "predicted.parquet"),
            PredictSettings.model_validate(settings),
            context,
        )


def _evaluate(folder: Path, context: Context) -> None:
    from stages.evaluate.paths import EvaluateInputs, EvaluateOutputs
    from stages.evaluate.run import run
    from stages.evaluate.settings import EvaluateSettings

    inputs = EvaluateInputs(folder / "predictions.parquet", folder / "cells.parquet", _write_labels(folder))
    (folder / "evaluated").mkdir(exist_ok=True)
    run(inputs, EvaluateOutputs(folder / "evaluated"), EvaluateSettings.model_validate({}), context)


def _features(folder: Path, context: Context) -> None:
    from data.labels.label_file import CLASS_NAMES
    from stages.features.cell_sample import choose_sample
    from stages.features.paths import FeaturesInputs

    inputs = FeaturesInputs(
        folder / "tiles.zarr", folder / "cells.parquet", folder, folder / "predictions.parquet"
    )
    choose_sample(inputs, CLASS_NAMES, 2000, 0)


def _explore(folder: Path, context: Context) -> None:
    from stages.explore.paths import ExploreInputs, ExploreOutputs
    from stages.explore.run import run
    from stages.explore.settings import ExploreSettings

    inputs = ExploreInputs(
        labels_path=_write_labels(folder),
        fields=None,
        cells_path=folder / "cells.parquet",
        images_table_path=folder / "images.parquet",
    )
    run(inputs, ExploreOutputs(folder / "explored"), ExploreSettings.model_validate({}), context)


def _distil(folder: Path, context: Context) -> None:
    from data.labels.label_set import HPA2021
    from stages.distil import teaching
    from stages.distil.paths import DistilInputs, TaughtFolder
    from stages.distil.settings import DistilSettings
    from stages.train.settings import TrainSettings

    cells, predictions = folder / "cells.parquet", folder / "weighted.parquet"
    inputs = DistilInputs([TaughtFolder(folder / "tiles.zarr", cells, predictions)], TrainSettings())
    with patch.object(teaching, "TileStore", _Tiles):
        teaching.read_teaching(inputs, DistilSettings.model_validate({}), HPA2021)


def _train(folder: Path, context: Context) -> None:
    from stages.train.cells import selection
    from stages.train.paths import TrainInputs
    from stages.train.settings import TrainSettings

    inputs = TrainInputs(
        tiles_path=folder / "tiles.zarr",
        cells_path=folder / "cells.parquet",
        labels_path=_write_labels(folder),
    )
    settings = TrainSettings()
    with patch.object(selection, "TileStore", _Tiles):
        selection.read_labelled_cells(inputs, settings).select(settings)


def _write_labels(folder: Path) -> Path:
    """Write a label file with one label for each image."""
    images = pd.read_parquet(folder / "images.parquet", columns=["image_id"])["image_id"]
    path = folder / "labels.csv"
    pd.DataFrame({"ID": images, "Label": np.arange(len(images)) % _CLASSES}).to_csv(path, index=False)
    return path


PREDICTING: dict[str, Callable[[Path, Context], None]] = {
    "predict": _predict,
    "evaluate": _evaluate,
    "features": _features,
    "explore": _explore,
    "distil": _distil,
    "train": _train,
}
"""Stages that are measured, by name."""
