"""The cells of a work folder that are trained on, and all those that have labels."""

from pathlib import Path
from typing import Literal

import pandas as pd

from data.cells.cells_table import read_cells
from data.labels.label_file import read_labels, read_proteins
from data.labels.label_set import read_label_set
from data.tiles.tile_store import TileStore
from data.training.training_set import DataSettings, TrainingSet, select_training_set
from stages.train.paths import TrainInputs
from stages.train.settings import TrainSettings

_COLUMNS = ["image_id", "cell_id", "dropped", "group", "image_hash"]


def select_cells(inputs: TrainInputs, settings: TrainSettings) -> tuple[TileStore, TrainingSet]:
    """Choose the cells to train on, with their targets.

    Raises
    ------
    InputError
        A file is missing or does not fit the others, or no cell is left.
    """
    table = read_cells(inputs.cells_path, _COLUMNS)
    store = TileStore(inputs.tiles_path, rows=len(table))
    return store, _select(table, inputs.labels_path, settings.images, settings.data, settings.label_set)


def select_labelled(inputs: TrainInputs, settings: TrainSettings) -> TrainingSet:
    """Choose every kept cell of every labelled image, also of those that ``settings`` leave out of training.

    Images of several labels and near duplicates are in it, each with the group that it belongs to.
    """
    duplicates = "keep" if settings.data.duplicates == "keep" else "together"
    data = settings.data.model_copy(update={"duplicates": duplicates})
    table = read_cells(inputs.cells_path, _COLUMNS)
    return _select(table, inputs.labels_path, "all", data, settings.label_set)


def _select(
    cells: pd.DataFrame, labels: Path, images: Literal["single", "all"], data: DataSettings, label_set: str
) -> TrainingSet:
    names = read_label_set(label_set)
    return select_training_set(
        cells,
        read_labels(labels, names),
        images,
        label_set=names,
        proteins=read_proteins(labels),
        data=data,
        where=labels,
    )
