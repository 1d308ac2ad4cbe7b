"""Which cells a classifier is trained on, and what their labels are."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field as Setting

from data.errors import InputError
from data.fields.duplicates.near_duplicates import find_near_duplicates
from data.labels.corrections import CellKey
from data.labels.image_groups import join_groups
from data.labels.label_file import check_coverage
from data.labels.label_set import HPA2021, LabelSet
from data.settings import Settings


class DataSettings(Settings):
    """Which images are trained on, and how often their cells come."""

    renamed: ClassVar = {
        "at_least": "min_cells_per_class",
        "negatives": "synthetic_negative_fraction",
        "oversample": "max_oversampling",
    }

    duplicates: Literal["together", "remove", "keep"] = Setting(
        default="together",
        description="near duplicates among the images: keep them in one fold, train on one of each, or "
        "pass over them",
    )
    duplicate_distance: int = Setting(
        default=12, ge=0, le=64, description="bits of 256 in which the hashes of near duplicates may differ"
    )
    max_oversampling: float = Setting(
        default=1.0,
        ge=1,
        le=100,
        description="cells of classes rarer than the median class come up to so many times",
    )
    min_cells_per_class: int = Setting(
        default=0, ge=0, description="cells that each class has at least, by repetition"
    )
    synthetic_negative_fraction: float = Setting(
        default=0.0,
        ge=0,
        le=10,
        description="negative cells made by darkening the protein's channel, as part of the training cells",
    )


@dataclass(frozen=True)
class TrainingSet:
    """Cells with the labels of their images.

    Attributes
    ----------
    rows
        (n,) rows of the cells table, which are rows of the tile store.
    image_ids
        (n,) the image of each, its categories in their order.
    cell_ids
        (n,) the number of each in its image; that of its row where the table tells none.
    targets
        (n, classes) bool: whether the cell's image has the class.
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
    corrected
        (n,) bool: cells whose targets are labels of their own, and not those of their images.
    """

    rows: NDArray[np.intp]
    image_ids: pd.Categorical
    cell_ids: NDArray[np.integer]
    targets: NDArray[np.bool_]
    labels: dict[str, tuple[int, ...]]
    groups: dict[str, str]
    proteins: dict[str, str]
    class_names: tuple[str, ...]
    counts: dict[str, int]
    corrected: NDArray[np.bool_]


def select_training_set(
    cells: pd.DataFrame,
    labels: Mapping[str, tuple[int, ...]],
    images: Literal["single", "all"],
    *,
    data: DataSettings | None = None,
    label_set: LabelSet = HPA2021,
    proteins: Mapping[str, str] | None = None,
    corrections: Mapping[CellKey, tuple[int, ...] | None] | None = None,
    where: object = "labels",
) -> TrainingSet:
    """Select the cells to train on: not dropped, and of an image with a label (with one only, for "single").

    Parameters
    ----------
    cells
        Cells table with at least ``image_id`` and ``dropped``. Images that share a ``group`` stay together;
        by ``image_hash`` near duplicates are found.
    labels
        Image ID -> class numbers; those of other images play no part but are counted.
    images
        "single": only images with one label, which is then each cell's label; "all": every labelled image.
    data
        What becomes of near duplicates; the defaults if None.
    label_set
        The classes.
    proteins
        Image ID -> protein (``data.labels.label_file.read_proteins``); images of one protein stay together.
    corrections
        Image ID and number of cells -> their own classes, whatever the labels of their images; None for cells
        that are left out. For "single" those with one class alone are trained on. The cells need ``cell_id``.
    where
        The label file, for messages.

    Raises
    ------
    InputError
        The labels cover none of the images; no image has a single label ("single"); no cell is left.
    """
    image_ids = order_images(cells["image_id"])
    present = list_images(image_ids)
    check_coverage(labels, present, where=where)
    labelled = {image_id: labels[image_id] for image_id in present if labels.get(image_id)}
    used = labelled if images == "all" else _with_one_label(labelled, where)
    settings = data or DataSettings()
    own = _find_corrected(cells, image_ids, corrections or {})
    rows = _find_rows(cells, image_ids, used, own, is_single=images == "single", where=where)
    hashes, mosaics = _read_column(cells, "image_hash"), _read_column(cells, "group")
    clusters = _cluster(hashes, list_images(image_ids[rows]), settings)
    if settings.duplicates == "remove":
        rows = rows[image_ids[rows].isin(list(clusters.values()))]
    kept = list_images(image_ids[rows])
    targets = mark_classes(image_ids[rows], used, len(label_set))
    corrected = np.isin(rows, list(own))
    for place in np.flatnonzero(corrected).tolist():
        targets[place] = False
        targets[place, list(own[int(rows[place])] or ())] = True
    named = proteins or {}
    return TrainingSet(
        rows=rows,
        image_ids=image_ids[rows],
        cell_ids=cells["cell_id"].to_numpy()[rows] if "cell_id" in cells else rows,
        targets=targets,
        labels=_label_images(kept, used, rows, image_ids, own),
        groups=join_groups(kept, mosaics, named, clusters),
        proteins={image_id: named[image_id] for image_id in kept if named.get(image_id)},
        class_names=label_set.names,
        counts={
            "images": len(kept),
            "cells": len(rows),
            "images_without_label": len(present) - len(labelled),
            "images_with_several_labels": len(labelled) - len(used),
            "labels_of_other_images": len(set(labels) - set(present)),
            "near_duplicates": len(clusters) - len(set(clusters.values())),
            **_count_corrected(own, rows),
        },
        corrected=corrected,
    )


def order_images(image_ids: "pd.Series | pd.Categorical[Any]") -> pd.Categorical:
    """Return images as categories in the order of their IDs, so that IDs and codes are sorted alike."""
    coded = pd.Categorical(image_ids)
    if coded.categories.is_monotonic_increasing:
        return coded
    return coded.reorder_categories(coded.categories.sort_values())


def list_images(image_ids: pd.Categorical) -> list[str]:
    """List the images that some cells are of, each once, in the order of their IDs."""
    return image_ids.categories[np.unique(image_ids.codes)].tolist()


def number_groups(image_ids: pd.Categorical, groups: Mapping[str, str]) -> NDArray[np.intp]:
    """Return the number of each cell's group, (n,), by the order of the groups' names."""
    names = [groups.get(image_id, "") for image_id in image_ids.categories]
    return np.unique(np.array(names, str), return_inverse=True)[1][image_ids.codes]


def _find_corrected(
    cells: pd.DataFrame,
    image_ids: pd.Categorical,
    corrections: Mapping[CellKey, tuple[int, ...] | None],
) -> dict[int, tuple[int, ...] | None]:
    """Return what is said of cells by row of the table."""
    if not corrections:
        return {}
    rows = np.flatnonzero(image_ids.isin([image_id for image_id, _ in corrections])).tolist()
    numbers = cells["cell_id"].to_numpy()[rows].tolist()
    keys = zip(map(str, image_ids[rows].tolist()), numbers, strict=True)
    return {row: corrections[key] for row, key in zip(rows, keys, strict=True) if key in corrections}


def mark_classes(
    image_ids: pd.Categorical, labels: Mapping[str, tuple[int, ...]], classes: int
) -> NDArray[np.bool_]:
    """Return the labels of some cells' images, (n, classes) bool; nothing of images without labels."""
    shown = np.zeros((len(image_ids.categories), classes), bool)
    for image, image_id in enumerate(image_ids.categories.tolist()):
        shown[image, list(labels.get(image_id, ()))] = True
    return shown[image_ids.codes]


def _label_images(
    kept: Sequence[str],
    used: Mapping[str, tuple[int, ...]],
    rows: NDArray[np.intp],
    image_ids: pd.Categorical,
    own: Mapping[int, tuple[int, ...] | None],
) -> dict[str, tuple[int, ...]]:
    """Return the labels of images; of those without any that are used all of their cells' own."""
    labels = {image_id: used[image_id] for image_id in kept if image_id in used}
    found: dict[str, set[int]] = {image_id: set() for image_id in kept if image_id not in used}
    for row in rows[np.isin(rows, list(own))].tolist():
        image_id = str(image_ids[row])
        if image_id in found:
            found[image_id].update(own[row] or ())
    labels |= {image_id: tuple(sorted(classes)) for image_id, classes in found.items()}
    return {image_id: labels[image_id] for image_id in kept}


def _count_corrected(own: Mapping[int, tuple[int, ...] | None], rows: NDArray[np.intp]) -> dict[str, int]:
    """Count the corrected cells, and those that the corrections, or their several labels, leave out."""
    if not own:
        return {}
    used = int(np.isin(rows, list(own)).sum())
    return {"corrected_cells": used, "corrected_cells_left_out": len(own) - used}


def _find_rows(
    cells: pd.DataFrame,
    image_ids: pd.Categorical,
    images: Collection[str],
    own: Mapping[int, tuple[int, ...] | None],
    *,
    is_single: bool,
    where: object,
) -> NDArray[np.intp]:
    """Find the rows of the cells of some images, or with labels of their own, that no filter dropped."""
    kept = (cells["dropped"] == "").to_numpy(bool)
    chosen = image_ids.isin(list(images))
    for row, classes in own.items():
        chosen[row] = classes is not None and (not is_single or len(classes) == 1)
    rows = np.flatnonzero(kept & chosen)
    if not len(rows):
        raise InputError(
            found=f"no cell is left of the {len(images)} images to train on",
            where=where,
            expected="cells that no filter of the crops stage dropped",
            advice="loosen the filters of `hpacells crops`, or give more images",
        )
    return rows


def _cluster(hashes: Mapping[str, str], image_ids: Sequence[str], settings: DataSettings) -> dict[str, str]:
    """Assign to every image the first of its near duplicates; none where they are passed over."""
    if settings.duplicates == "keep":
        return {}
    clusters = find_near_duplicates(
        [hashes.get(image_id, "") for image_id in image_ids], settings.duplicate_distance
    )
    first: dict[int, str] = {}
    return {
        image_id: first.setdefault(cluster, image_id)
        for image_id, cluster in zip(image_ids, clusters.tolist(), strict=True)
    }


def _read_column(cells: pd.DataFrame, column: str) -> dict[str, str]:
    """Return what a column says of each image; nothing where the table lacks it."""
    if column not in cells:
        return {}
    images = cells.drop_duplicates("image_id")
    return dict(zip(images["image_id"].tolist(), images[column].tolist(), strict=True))


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
