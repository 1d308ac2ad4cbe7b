"""Cells of labelled images that no fold trains on, and the folds that predict them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.tables.coded_texts import CodedTexts
from data.training.training_set import TrainingSet
from stages.train.cells.splits import Split


@dataclass(frozen=True)
class UnusedCells:
    """Cells of labelled images that no fold trains on, such as those of several labels.

    Attributes
    ----------
    rows, image_ids, cell_ids
        (m,) as those of a training set.
    predictors
        (m, folds) bool: the trained folds that predict each cell, at least one.
    """

    rows: NDArray[np.intp]
    image_ids: CodedTexts
    cell_ids: NDArray[np.integer]
    predictors: NDArray[np.bool_]

    def of_fold(self, fold: int) -> "UnusedCells":
        """Return the cells that a fold predicts."""
        cells = self.predictors[:, fold]
        return UnusedCells(
            self.rows[cells], self.image_ids[cells], self.cell_ids[cells], self.predictors[cells]
        )


def find_unused(labelled: TrainingSet, training_set: TrainingSet, splits: Sequence[Split]) -> UnusedCells:
    """Find the cells that no fold trains on, and which folds are to predict them.

    Those are the folds that held out an image of the cell's group (its protein, mosaic or near duplicates),
    because the others were trained on such an image; all of them where none did.

    Parameters
    ----------
    labelled
        The kept cells of all labelled images.
    training_set
        Those of them that are trained on.
    splits
        The folds, which hold out some of the chosen cells each.
    """
    unused = ~np.isin(labelled.rows, training_set.rows)
    groups = labelled.groups[labelled.places]
    groups_in_training = groups[np.searchsorted(labelled.rows, training_set.rows)]
    predictors = np.stack(
        [np.isin(groups[unused], groups_in_training[split.held_out]) for split in splits], axis=1
    )
    predictors[~predictors.any(axis=1)] = True
    return UnusedCells(
        labelled.rows[unused], labelled.image_ids[unused], labelled.cell_ids[unused], predictors
    )
