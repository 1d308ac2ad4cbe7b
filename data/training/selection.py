"""Choosing the cells that a classifier is trained on."""

from collections.abc import Mapping
from typing import Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from data.errors import InputError
from data.fields.duplicates.near_duplicates import find_near_duplicates
from data.labels.corrections import CellKey
from data.labels.image_groups import join_groups
from data.labels.image_values import ImageLabels, ImageValues
from data.labels.label_set import HPA2021, LabelSet
from data.tables.coded_texts import find_texts
from data.training.training_cells import TrainingCells
from data.training.training_set import DataSettings, TrainingSet

_Own = dict[int, tuple[int, ...] | None]
"""What is said of cells, by row of the table."""


def select_training_set(
    cells: TrainingCells,
    labels: ImageLabels,
    images: Literal["single", "all"],
    *,
    data: DataSettings | None = None,
    label_set: LabelSet = HPA2021,
    proteins: ImageValues[str] | None = None,
    corrections: Mapping[CellKey, tuple[int, ...] | None] | None = None,
    where: object = "labels",
) -> TrainingSet:
    """Select the cells to train on: not dropped, and of an image with a label (with one only, for "single").

    Parameters
    ----------
    cells
        The cells of a table. Images that share a group stay together; by their hashes near duplicates are
        found.
    labels
        Class numbers of images; those of other images play no part but are counted.
    images
        "single": only images with one label, which is then each cell's label; "all": every labelled image.
    data
        What becomes of near duplicates; the defaults if None.
    label_set
        The classes.
    proteins
        Protein of images (``data.labels.image_values.read_image_proteins``); images of one protein stay
        together.
    corrections
        Image ID and number of cells -> their own classes, whatever the labels of their images; None for cells
        that are left out. For "single" those with one class alone are trained on.
    where
        The label file, for messages.

    Raises
    ------
    InputError
        The labels cover none of the images; no image has a single label ("single"); no cell is left.
    """
    names, codes = cells.image_ids.texts, cells.image_ids.codes
    found = labels.find(names)
    labels.check_coverage(names, where=where)
    number = np.array([len(classes) for classes in (*labels.values, ())])[found]
    labelled = number > 0
    used = labelled if images == "all" else number == 1
    if images == "single" and not used.any():
        raise InputError(
            found=f"none of the {int(labelled.sum())} labelled images has a single label",
            where=where,
            expected="images with one label, from which cells take it",
            advice='set images = "all" to train on images with several labels',
        )
    settings = data or DataSettings()
    own = _find_corrected(cells, corrections or {})
    rows = _find_rows(cells, used, own, is_single=images == "single", where=where)
    kept = np.unique(codes[rows])
    clusters = _cluster(cells.hashes[kept], settings)
    duplicates = int((clusters != np.arange(len(kept))).sum())
    if settings.duplicates == "remove":
        kept = kept[clusters == np.arange(len(kept))]
        rows = rows[np.isin(codes[rows], kept)]
        clusters = np.arange(len(kept))
    classes = labels.mark(len(label_set))
    targets = classes[np.where(used, found, -1)[codes[rows]]]
    shown = classes[np.where(used, found, -1)[kept]]
    corrected = np.isin(rows, list(own))
    for place in np.flatnonzero(corrected).tolist():
        given = list(own[int(rows[place])] or ())
        targets[place] = False
        targets[place, given] = True
        image = codes[rows[place]]
        if not used[image]:
            shown[np.searchsorted(kept, image), given] = True
    return TrainingSet(
        rows=rows,
        image_ids=cells.image_ids[rows],
        cell_ids=cells.cell_ids[rows],
        targets=targets,
        images=kept,
        shown=shown,
        groups=join_groups(len(kept), cells.groups[kept], _find_proteins(names, kept, proteins), clusters),
        class_names=label_set.names,
        counts={
            "images": len(kept),
            "cells": len(rows),
            "images_without_label": int((~labelled).sum()),
            "images_with_several_labels": int((labelled & ~used).sum()),
            "labels_of_other_images": len(labels) - int((found >= 0).sum()),
            "near_duplicates": duplicates,
            **_count_corrected(own, corrected),
        },
        corrected=corrected,
    )


def _find_corrected(cells: TrainingCells, corrections: Mapping[CellKey, tuple[int, ...] | None]) -> _Own:
    """Return what is said of cells by row of the table."""
    if not corrections:
        return {}
    named = pa.array(sorted({image_id for image_id, _ in corrections}), pa.string())
    images = find_texts(named, cells.image_ids.texts)
    rows = np.flatnonzero(np.isin(cells.image_ids.codes, images))
    keys = zip(cells.image_ids[rows].tolist(), cells.cell_ids[rows].tolist(), strict=True)
    return {row: corrections[key] for row, key in zip(rows.tolist(), keys, strict=True) if key in corrections}


def _find_rows(
    cells: TrainingCells, used: NDArray[np.bool_], own: _Own, *, is_single: bool, where: object
) -> NDArray[np.intp]:
    """Find the rows of the cells of some images, or with labels of their own, that no filter dropped."""
    chosen = used[cells.image_ids.codes]
    for row, classes in own.items():
        chosen[row] = classes is not None and (not is_single or len(classes) == 1)
    rows = np.flatnonzero(cells.kept & chosen)
    if not len(rows):
        raise InputError(
            found=f"no cell is left of the {int(used.sum())} images to train on",
            where=where,
            expected="cells that no filter of the crops stage dropped",
            advice="loosen the filters of `hpacells crops`, or give more images",
        )
    return rows


def _cluster(hashes: NDArray[np.uint64], settings: DataSettings) -> NDArray[np.intp]:
    """Return for every image the first of its near duplicates; itself where they are passed over."""
    if settings.duplicates == "keep":
        return np.arange(len(hashes))
    clusters = find_near_duplicates(hashes, settings.duplicate_distance)
    _, first, places = np.unique(clusters, return_index=True, return_inverse=True)
    return first[places]


def _find_proteins(
    names: pa.Array, kept: NDArray[np.integer], proteins: ImageValues[str] | None
) -> NDArray[np.int32]:
    """Return the number of the protein of each of some images; -1 where it is not known."""
    if proteins is None or not len(proteins):
        return np.full(len(kept), -1, np.int32)
    found = proteins.find(names.take(pa.array(kept)))
    has_name = np.array([bool(name) for name in (*proteins.values, "")])
    return np.where(has_name[found], found, -1).astype(np.int32)


def _count_corrected(own: _Own, corrected: NDArray[np.bool_]) -> dict[str, int]:
    """Count the corrected cells, and those that the corrections, or their several labels, leave out."""
    if not own:
        return {}
    used = int(corrected.sum())
    return {"corrected_cells": used, "corrected_cells_left_out": len(own) - used}
