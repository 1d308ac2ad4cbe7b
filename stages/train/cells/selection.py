"""The labelled cells of a work folder, and which of them are trained on."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.cells.cells_of_images import read_cells_of_images
from data.labels.corrections import MEASURED, CellKey, match_corrections, read_corrections
from data.labels.image_values import ImageLabels, ImageValues, read_image_labels, read_image_proteins
from data.labels.label_set import LabelSet, read_label_set
from data.tiles.tile_store import TileStore
from data.training.selection import select_training_set
from data.training.training_cells import TrainingCells, read_training_cells
from data.training.training_set import TrainingSet
from stages.train.paths import TrainInputs
from stages.train.settings import TrainSettings

_MEASURES = ["image_id", "cell_id", *MEASURED]


@dataclass(frozen=True)
class LabelledCells:
    """The cells of a work folder, and the labels of its images.

    Attributes
    ----------
    cells, store
        The cells, and the tile store, which has one tile for each.
    labels, proteins
        Class numbers of images, and proteins where they are known.
    label_set, labels_path
        The classes, and the label file, for messages.
    corrections
        Image ID and number of corrected cells -> their own classes, None for those that are left out.
    """

    cells: TrainingCells
    store: TileStore
    labels: ImageLabels
    proteins: ImageValues[str]
    label_set: LabelSet
    labels_path: Path
    corrections: dict[CellKey, tuple[int, ...] | None]

    @property
    def kept(self) -> NDArray[np.intp]:
        """Rows of the cells that no filter dropped, with or without a label."""
        return np.flatnonzero(self.cells.kept)

    def select(self, settings: TrainSettings) -> TrainingSet:
        """Choose the cells to train on, with their targets.

        Raises
        ------
        InputError
            The labels cover none of the images, or no cell is left.
        """
        return select_training_set(
            self.cells,
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
        labels = self.labels.among(self.cells.image_ids.texts)
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
    cells = read_training_cells(inputs.cells_path)
    store = TileStore(inputs.tiles_path, rows=len(cells.kept))
    label_set = read_label_set(settings.label_set)
    proteins = read_image_proteins(inputs.labels_path)
    corrections: dict[CellKey, tuple[int, ...] | None] = {}
    if corrections_path is not None:
        found = read_corrections(corrections_path, label_set)
        marked = read_cells_of_images(inputs.cells_path, _MEASURES, {image_id for image_id, _ in found})
        corrections = match_corrections(found, marked, cells.image_ids.texts.to_pylist, corrections_path)
    return LabelledCells(
        cells=cells,
        store=store,
        labels=read_image_labels(inputs.labels_path, label_set),
        proteins=proteins,
        label_set=label_set,
        labels_path=inputs.labels_path,
        corrections=corrections,
    )
