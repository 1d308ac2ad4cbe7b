"""The labelled cells of a work folder, and which of them are trained on."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.cells.coded_cells import read_coded_cells
from data.labels.corrections import MEASURED, CellKey, match_corrections, read_corrections
from data.labels.label_file import read_labels, read_proteins
from data.labels.label_set import LabelSet, read_label_set
from data.tiles.tile_store import TileStore
from data.training.training_set import TrainingSet, select_training_set
from stages.train.paths import TrainInputs
from stages.train.settings import TrainSettings

_COLUMNS = ["image_id", "cell_id", "dropped", "group", "image_hash"]


@dataclass(frozen=True)
class LabelledCells:
    """The cells of a work folder, and the labels of its images.

    Attributes
    ----------
    table, store
        The cells table, and the tile store, which has one tile per row of it.
    labels, proteins
        Image ID -> class numbers, and image ID -> protein where it is known.
    label_set, labels_path
        The classes, and the label file, for messages.
    corrections
        Image ID and number of corrected cells -> their own classes, None for those that are left out.
    """

    table: pd.DataFrame
    store: TileStore
    labels: dict[str, tuple[int, ...]]
    proteins: dict[str, str]
    label_set: LabelSet
    labels_path: Path
    corrections: dict[CellKey, tuple[int, ...] | None]

    @property
    def kept(self) -> NDArray[np.intp]:
        """Rows of the cells that no filter dropped, with or without a label."""
        return np.flatnonzero((self.table["dropped"] == "").to_numpy(bool))

    def select(self, settings: TrainSettings) -> TrainingSet:
        """Choose the cells to train on, with their targets.

        Raises
        ------
        InputError
            The labels cover none of the images, or no cell is left.
        """
        return select_training_set(
            self.table,
            self.labels,
            settings.images,
            label_set=self.label_set,
            proteins=self.proteins,
            data=settings.data,
            corrections=self.corrections,
            where=self.labels_path,
        )

    def select_all(self, settings: TrainSettings) -> TrainingSet:
        """Choose every kept cell of every labelled image, also of those that `select` leaves out.

        Images of several labels and near duplicates are in it, each with the group that it belongs to.
        """
        duplicates = "keep" if settings.data.duplicates == "keep" else "together"
        data = settings.data.model_copy(update={"duplicates": duplicates})
        # `select` has warned of the labels of other images.
        images = set(self.table["image_id"].unique())
        labels = {image_id: classes for image_id, classes in self.labels.items() if image_id in images}
        settings = settings.model_copy(update={"images": "all", "data": data})
        return replace(self, labels=labels).select(settings)


def read_labelled_cells(inputs: TrainInputs, settings: TrainSettings) -> LabelledCells:
    """Read the cells table, the label file and where the tiles are.

    Raises
    ------
    InputError
        A file is missing or does not fit the others.
    """
    corrections_path = inputs.corrections_path
    table = read_coded_cells(inputs.cells_path, [*_COLUMNS, *([] if corrections_path is None else MEASURED)])
    store = TileStore(inputs.tiles_path, rows=len(table))
    label_set = read_label_set(settings.label_set)
    proteins = read_proteins(inputs.labels_path)
    corrections: dict[CellKey, tuple[int, ...] | None] = {}
    if corrections_path is not None:
        found = read_corrections(corrections_path, label_set)
        corrections = match_corrections(found, table, corrections_path)
    return LabelledCells(
        table=table,
        store=store,
        labels=read_labels(inputs.labels_path, label_set),
        proteins=proteins,
        label_set=label_set,
        labels_path=inputs.labels_path,
        corrections=corrections,
    )
