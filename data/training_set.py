"""Which cells a classifier is trained on, and what their labels are."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.errors import InputError
from data.image_groups import join_groups
from data.label_sets import HPA2021, LabelSet
from data.labels import check_coverage


@dataclass(frozen=True)
class TrainingSet:
    """Cells with the labels of their images.

    Attributes
    ----------
    rows
        (n,) rows of the cells table, which are rows of the tile store.
    image_ids
        (n,) the image of each.
    targets
        (n, classes) float32: 1 where the cell's image has the class.
    labels
        Image ID -> class numbers, of the images that have at least one cell here.
    groups
        Image ID -> its group, of the same images; images of one group belong in one fold.
    proteins
        Image ID -> its protein, of those images whose protein the label file names.
    class_names
        Names of the classes.
    counts
        What was used and what was left out, and how many.
    """

    rows: NDArray[np.intp]
    image_ids: NDArray[np.str_]
    targets: NDArray[np.float32]
    labels: dict[str, tuple[int, ...]]
    groups: dict[str, str]
    proteins: dict[str, str]
    class_names: tuple[str, ...]
    counts: dict[str, int]

    def absent_classes(self, chosen: NDArray[np.bool_] | None = None) -> tuple[str, ...]:
        """Name the classes of which no cell is an example, of all cells or of the chosen ones, (n,) bool."""
        targets = self.targets if chosen is None else self.targets[chosen]
        absent = np.flatnonzero(~(targets > 0).any(axis=0))
        return tuple(self.class_names[label] for label in absent)


def select_training_set(
    cells: pd.DataFrame,
    labels: Mapping[str, tuple[int, ...]],
    images: Literal["single", "all"],
    *,
    label_set: LabelSet = HPA2021,
    proteins: Mapping[str, str] | None = None,
    where: object = "labels",
) -> TrainingSet:
    """Select the cells to train on: not dropped, and of an image with a label (with one only, for "single").

    Parameters
    ----------
    cells
        Cells table with at least ``image_id`` and ``dropped``; images that share a ``group`` stay together.
    labels
        Image ID -> class numbers; those of other images play no part but are counted.
    images
        "single": only images with one label, which is then each cell's label; "all": every labelled image.
    label_set
        The classes.
    proteins
        Image ID -> protein (``data.labels.read_proteins``); images of one protein stay together.
    where
        The label file, for messages.

    Raises
    ------
    InputError
        The labels cover none of the images; no image has a single label ("single"); no cell is left.
    """
    image_ids = cells["image_id"].to_numpy(dtype=str)
    present = sorted(set(image_ids))
    check_coverage(labels, present, where=where)
    labelled = {image_id: labels[image_id] for image_id in present if labels.get(image_id)}
    used = labelled if images == "all" else _with_one_label(labelled, where)
    usable = (cells["dropped"].to_numpy(dtype=str) == "") & np.isin(image_ids, list(used))
    rows = np.flatnonzero(usable)
    if not len(rows):
        raise InputError(
            found=f"no cell is left of the {len(used)} images to train on",
            where=where,
            expected="cells that no filter of the crops stage dropped",
            advice="loosen the filters of `hpacells crops`, or give more images",
        )
    named = proteins or {}
    kept = sorted(set(image_ids[rows]))
    targets = np.zeros((len(rows), len(label_set)), np.float32)
    for row, image_id in enumerate(image_ids[rows]):
        targets[row, list(used[image_id])] = 1
    return TrainingSet(
        rows=rows,
        image_ids=image_ids[rows],
        targets=targets,
        labels={image_id: used[image_id] for image_id in kept},
        groups=join_groups(kept, _read_groups(cells), named),
        proteins={image_id: named[image_id] for image_id in kept if named.get(image_id)},
        class_names=label_set.names,
        counts={
            "images": len(kept),
            "cells": len(rows),
            "images_without_label": len(present) - len(labelled),
            "images_with_several_labels": len(labelled) - len(used),
            "labels_of_other_images": len(set(labels) - set(present)),
        },
    )


def _read_groups(cells: pd.DataFrame) -> dict[str, str]:
    if "group" not in cells:
        return {}
    images = cells.drop_duplicates("image_id")
    return dict(zip(images["image_id"].tolist(), images["group"].tolist(), strict=True))


def _with_one_label(labelled: dict[str, tuple[int, ...]], where: object) -> dict[str, tuple[int, ...]]:
    used = {image_id: classes for image_id, classes in labelled.items() if len(classes) == 1}
    if not used:
        raise InputError(
            found=f"none of the {len(labelled)} labelled images has a single label",
            where=where,
            expected="images with one label, from which cells take it",
            advice='set images = "all" to train on images with several labels',
        )
    return used
