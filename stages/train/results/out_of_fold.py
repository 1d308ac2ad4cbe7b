"""Out-of-fold predictions: what the classifiers of folds say of the cells that they were not trained on."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.predictions.called_classes import call_classes
from data.predictions.predictions_table import write_predictions
from data.tables.coded_texts import CodedTexts
from data.training.training_set import TrainingSet
from models.classifiers.ensemble.members import Member, mean_thresholds
from stages.train.cells.unused_cells import UnusedCells
from stages.train.fold import FoldResult


def write_out_of_fold(
    path: Path, training_set: TrainingSet, unused: UnusedCells, results: Sequence[FoldResult]
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
    results
        What came out of each fold.
    """
    held_out = np.stack([result.split.held_out for result in results], axis=1)
    predictors = np.concatenate([held_out, unused.predictors])
    probabilities = np.zeros((len(predictors), len(training_set.class_names)), np.float32)
    for fold, result in enumerate(results):
        predicted = predictors[:, fold]
        fold_probabilities = np.concatenate([result.probabilities, result.unused_probabilities])
        probabilities[predicted] += fold_probabilities / predictors[predicted].sum(
            axis=1, keepdims=True, dtype=np.float32
        )
    # The sum of rounded parts may lie just above 1.
    np.minimum(probabilities, 1, out=probabilities)
    rows = np.concatenate([training_set.rows, unused.rows])
    known = np.flatnonzero(predictors.any(axis=1))
    order = known[np.argsort(rows[known])]
    labels = _call(probabilities[order], predictors[order], results)
    write_predictions(
        path,
        _join(training_set.image_ids, unused.image_ids)[order].tolist(),
        np.concatenate([training_set.cell_ids, unused.cell_ids])[order],
        probabilities[order],
        class_names=training_set.class_names,
        labels=labels,
    )


def _join(one: CodedTexts, other: CodedTexts) -> CodedTexts:
    """Join the images of two parts of the same cells."""
    return CodedTexts(np.concatenate([one.codes, other.codes]), one.texts)


def _call(
    probabilities: NDArray[np.float32], predictors: NDArray[np.bool_], results: Sequence[FoldResult]
) -> list[str]:
    """Call the classes of each cell as its predictors together would, as ``predict`` does."""
    members = [Member(result.split.folder, result.architecture, result.thresholds) for result in results]
    called = np.empty(len(probabilities), object)
    for kind in np.unique(predictors, axis=0):
        same = (predictors == kind).all(axis=1)
        thresholds = mean_thresholds([members[fold] for fold in np.flatnonzero(kind)])
        called[same] = call_classes(probabilities[same], thresholds)
    return called.tolist()
