"""Out-of-fold predictions: what the classifiers of folds say of the cells that they were not trained on."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.predictions.called_classes import call_classes
from data.predictions.predictions_table import write_predictions
from data.training.training_set import TrainingSet
from models.classifiers.ensemble import Member, mean_thresholds
from stages.train.cells.splits import Split
from stages.train.fold import FoldResult


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
    image_ids: NDArray[np.str_]
    cell_ids: NDArray[np.integer]
    predictors: NDArray[np.bool_]


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
    groups = np.array([labelled.groups[image_id] for image_id in labelled.image_ids], str)
    index_of_row = {row: number for number, row in enumerate(labelled.rows.tolist())}
    groups_in_training = groups[[index_of_row[row] for row in training_set.rows.tolist()]]
    predictors = np.stack(
        [np.isin(groups[unused], groups_in_training[split.held_out]) for split in splits], axis=1
    )
    predictors[~predictors.any(axis=1)] = True
    return UnusedCells(
        labelled.rows[unused], labelled.image_ids[unused], labelled.cell_ids[unused], predictors
    )


def write_out_of_fold(
    path: Path,
    training_set: TrainingSet,
    unused: UnusedCells,
    splits: Sequence[Split],
    results: Sequence[FoldResult],
    of_unused: Sequence[NDArray[np.float32]],
) -> None:
    """Write a predictions table of all cells of which a classifier can tell that was not trained on them.

    A cell that is trained on has the probabilities of the fold that held it out, and one that no fold trains
    on the mean of its ``predictors``; its classes are called by the thresholds of the same folds. Cells that
    all folds train on, as the only ones of a class, are left out.

    Parameters
    ----------
    path
        The file to write.
    training_set, unused
        The cells that are trained on, and those that are not.
    splits, results
        The folds, and what came out of each.
    of_unused
        (m, classes) of each fold: its probabilities of the cells that it predictors.
    """
    predictors = np.concatenate([np.stack([split.held_out for split in splits], axis=1), unused.predictors])
    probabilities = np.zeros((len(predictors), len(training_set.class_names)), np.float32)
    for fold, (result, others) in enumerate(zip(results, of_unused, strict=True)):
        predicted = predictors[:, fold]
        fold_probabilities = np.concatenate([result.probabilities, others])
        probabilities[predicted] += fold_probabilities / predictors[predicted].sum(
            axis=1, keepdims=True, dtype=np.float32
        )
    # The sum of rounded parts may lie just above 1.
    np.minimum(probabilities, 1, out=probabilities)
    rows = np.concatenate([training_set.rows, unused.rows])
    known = np.flatnonzero(predictors.any(axis=1))
    order = known[np.argsort(rows[known])]
    write_predictions(
        path,
        np.concatenate([training_set.image_ids, unused.image_ids])[order].tolist(),
        np.concatenate([training_set.cell_ids, unused.cell_ids])[order],
        probabilities[order],
        class_names=training_set.class_names,
        labels=_call(probabilities[order], predictors[order], splits, results),
    )


def _call(
    probabilities: NDArray[np.float32],
    predictors: NDArray[np.bool_],
    splits: Sequence[Split],
    results: Sequence[FoldResult],
) -> list[str]:
    """Call the classes of each cell as its predictors together would, as ``predict`` does."""
    members = [
        Member(split.folder, result.architecture, result.thresholds)
        for split, result in zip(splits, results, strict=True)
    ]
    called = np.empty(len(probabilities), object)
    for kind in np.unique(predictors, axis=0):
        same = (predictors == kind).all(axis=1)
        thresholds = mean_thresholds([members[fold] for fold in np.flatnonzero(kind)])
        called[same] = call_classes(probabilities[same], thresholds)
    return called.tolist()
