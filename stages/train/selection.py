"""The cells of a work folder that are trained on, and all those that have labels."""

from pathlib import Path
from typing import Literal

import pandas as pd

from data.cells.cells_table import read_cells
from data.labels.label_file import read_labels, read_proteins
from data.labels.label_set import read_label_set
from data.tiles.tile_store import TileStore
from data.training.training_set import DataSettings, TrainingSet, select_training_set
from stages.train.settings import TrainSettings

_COLUMNS = ["image_id", "cell_id", "dropped", "group", "image_hash"]


def select_cells(
    tiles: Path, cells: Path, labels: Path, settings: TrainSettings
) -> tuple[TileStore, TrainingSet]:
    """Choose the cells to train on, with their targets.

    Raises
    ------
    InputError
        A file is missing or does not fit the others, or no cell is left.
    """
    table = read_cells(cells, _COLUMNS)
    store = TileStore(tiles, rows=len(table))
    return store, _select(table, labels, settings.images, settings.data, settings.label_set)


def select_labelled(cells: Path, labels: Path, settings: TrainSettings) -> TrainingSet:
    """Choose every kept cell of every labelled image, also of those that ``settings`` leave out of training.

    Images of several labels and near duplicates are in it, each with the group that it belongs to.
    """
    duplicates = "keep" if settings.data.duplicates == "keep" else "together"
    data = settings.data.model_copy(update={"duplicates": duplicates})
    return _select(read_cells(cells, _COLUMNS), labels, "all", data, settings.label_set)


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
