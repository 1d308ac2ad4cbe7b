"""The cells that a teacher predicted in some work folders, and what a student is to say of them."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from data.cells.cells_table import count_cells
from data.errors import InputError
from data.labels.image_groups import join_groups
from data.labels.image_values import read_image_labels
from data.labels.label_set import LabelSet
from data.tables.coded_texts import CodedTexts, order_texts
from data.tiles.joined_tiles import JoinedTiles
from data.tiles.tile_store import TileStore
from data.training.soft_targets import average_with_labels, call_targets, share_one
from data.training.teacher_table import TeacherTable, read_teacher
from data.training.training_set import TrainingSet
from stages.distil.paths import DistilInputs, TaughtFolder
from stages.distil.settings import DistilSettings

log = logging.getLogger("hpacells")


@dataclass(frozen=True)
class Teaching:
    """What a student is trained on.

    Attributes
    ----------
    store
        The tiles of all folders.
    training_set
        The cells; their targets are the classes that the teacher calls.
    targets
        (n, classes) soft targets.
    single_label
        Whether the classes of a cell share a probability of 1.
    image_weight
        The weight that the mean of the image has in the teacher's probabilities, and not in the targets.
    counts
        ``cells``, ``out of fold``, ``without prediction``, ``labelled``.
    """

    store: JoinedTiles
    training_set: TrainingSet
    targets: NDArray[np.float32]
    single_label: bool
    image_weight: float
    counts: dict[str, int]


def read_teaching(inputs: DistilInputs, settings: DistilSettings, label_set: LabelSet) -> Teaching:
    """Read tiles, cells and what the teacher says of them, and log of how many it says something.

    Raises
    ------
    InputError
        A file is missing or does not fit the others, or predictions are of other classes.
    """
    totals = [count_cells(folder.cells_path) for folder in inputs.taught]
    stores = [
        TileStore(folder.tiles_path, rows=total) for folder, total in zip(inputs.taught, totals, strict=True)
    ]
    store = JoinedTiles(stores, [folder.tiles_path for folder in inputs.taught])
    taught = [_read_folder(folder, settings, label_set) for folder in inputs.taught]
    _warn_of_weights(inputs.taught, taught)
    starts = np.cumsum([0, *totals])
    rows = np.concatenate([one.rows + start for one, start in zip(taught, starts, strict=False)])
    said = taught[0].probabilities
    if len(taught) > 1:
        said = np.concatenate([one.probabilities for one in taught])
    single_label = share_one(said)
    labels, targets = _read_labels(inputs, taught, label_set), said
    if labels is not None:
        targets = average_with_labels(said, labels, single_label=single_label, weight=settings.label_weight)
    counts = {
        "cells": len(rows),
        "out of fold": sum(int(one.is_out_of_fold.sum()) for one in taught),
        "without prediction": sum(one.missing for one in taught),
        "labelled": 0 if labels is None else int(labels.any(axis=1).sum()),
    }
    _tell(counts, inputs, settings)
    training_set = _make_training_set(rows, taught, targets, single_label, label_set)
    return Teaching(store, training_set, targets, single_label, taught[0].image_weight, counts)


def _read_folder(folder: TaughtFolder, settings: DistilSettings, label_set: LabelSet) -> TeacherTable:
    unseen = folder.out_of_fold_path if settings.out_of_fold else None
    predicted, names = folder.predictions_path, label_set.names
    return read_teacher(folder.cells_path, predicted, unseen, names, folder.out_of_fold_weight)


def _read_labels(
    inputs: DistilInputs, taught: Sequence[TeacherTable], label_set: LabelSet
) -> NDArray[np.bool_] | None:
    """Return the labels of the cells' images, (n, classes) bool; None where there is no label file."""
    if inputs.labels_path is None:
        return None
    labels = read_image_labels(inputs.labels_path, label_set)
    names = CodedTexts.encode([one.image_ids.texts for one in taught]).sort().texts
    labels.check_coverage(names, where=inputs.labels_path)
    shown = labels.mark(len(label_set))
    return np.concatenate([shown[labels.find(one.image_ids.texts)][one.image_ids.codes] for one in taught])


def _make_training_set(
    rows: NDArray[np.intp],
    taught: Sequence[TeacherTable],
    targets: NDArray[np.float32],
    single_label: bool,
    label_set: LabelSet,
) -> TrainingSet:
    # Images of one name in two folders are averaged by themselves, but held out together.
    prefixes = [f"{folder}/" for folder in range(len(taught))] if len(taught) > 1 else [""]
    names = pa.concat_arrays(
        [
            pc.call_function(
                "binary_join_element_wise", [pa.scalar(prefix), one.image_ids.texts, pa.scalar("")]
            )
            for prefix, one in zip(prefixes, taught, strict=True)
        ]
    )
    starts = np.cumsum([0, *(len(one.groups) for one in taught)])
    codes = np.concatenate(
        [one.image_ids.codes + start for one, start in zip(taught, starts[:-1], strict=True)]
    )
    image_ids, order = CodedTexts(codes.astype(np.int32), names).sort(), order_texts(names)
    same = CodedTexts.encode([one.image_ids.texts for one in taught]).codes[order]
    groups = CodedTexts.encode([one.groups.texts.take(pa.array(one.groups.codes)) for one in taught])[order]
    called = call_targets(targets, single_label=single_label)
    return TrainingSet(
        rows=rows,
        image_ids=image_ids,
        cell_ids=np.concatenate([one.cell_ids for one in taught]),
        targets=called,
        images=np.arange(len(names)),
        shown=_classes_of_images(image_ids.codes, called, targets),
        groups=join_groups(len(names), same, groups.number(empty=-1)),
        class_names=label_set.names,
        counts={"images": len(names), "cells": len(rows)},
        corrected=np.ones(len(rows), bool),
    )


def _classes_of_images(
    images: NDArray[np.integer], called: NDArray[np.bool_], targets: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """Return the classes that are called in any cell of each image; the likeliest one where none is.

    Parameters
    ----------
    images
        (n,) number of each cell's image, of which each has a cell.
    called, targets
        (n, classes).

    Returns
    -------
    ndarray (images, classes)
        bool.
    """
    order = np.argsort(images, kind="stable")
    ordered = images[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    stops = np.append(starts[1:], len(order))
    shown = np.zeros((len(starts), called.shape[1]), bool)
    cells, classes = np.nonzero(called)
    shown[images[cells], classes] = True
    for image in np.flatnonzero(~shown.any(axis=1)).tolist():
        cells = order[starts[image] : stops[image]]
        shown[image, int(targets[cells].mean(axis=0).argmax())] = True
    return shown


def _tell(counts: Mapping[str, int], inputs: DistilInputs, settings: DistilSettings) -> None:
    missing, unseen = counts["without prediction"], counts["out of fold"]
    log.info(
        "teacher: %d cells with predictions are used, %d of them with out-of-fold predictions%s",
        counts["cells"],
        unseen,
        f"; {missing} kept cells have none and are left out" if missing else "",
    )
    if inputs.labels_path is not None:
        log.info(
            "labels: %d of the cells have some, which count %g in their targets",
            counts["labelled"],
            settings.label_weight,
        )


def _warn_of_weights(folders: Sequence[TaughtFolder], taught: Sequence[TeacherTable]) -> None:
    first = taught[0].image_weight
    for folder, one in zip(folders, taught, strict=True):
        if one.image_weight != first:
            log.warning(
                "%s: averaged with the mean of the image by %g, but %s by %g, which the student takes",
                folder.predictions_path,
                one.image_weight,
                folders[0].predictions_path,
                first,
            )
        if one.image_weight >= 1:
            raise InputError(
                found="predictions that are the mean of their image alone",
                where=folder.predictions_path,
                expected="those of the cells, which the student is to learn",
                advice="predict with --set predict.image_weight=0.5 or the like",
            )
