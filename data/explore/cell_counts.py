"""How many cells there are, a cell having the labels of its image."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.explore.label_table import LabelTable


@dataclass(frozen=True)
class CellCounts:
    """The cells of labelled images that no filter dropped.

    Attributes
    ----------
    per_image
        A row an image: ``image_id``, ``cells``, and ``dropped`` for those that a filter dropped.
    per_class
        A row a class: ``label``, ``name``, ``cells``, and ``single_label_cells`` for those whose image has
        this label alone.
    shown
        (cells, C) bool: the labels of each cell.
    """

    per_image: pd.DataFrame
    per_class: pd.DataFrame
    shown: NDArray[np.bool_]


def count_cells(cells: pd.DataFrame, segmented: Iterable[str], table: LabelTable) -> CellCounts:
    """Count the cells of each labelled image and of each class.

    Parameters
    ----------
    cells
        Cells table with at least ``image_id`` and ``dropped``.
    segmented
        IDs of the images in which cells were sought: one without a cell counts, too.
    table
        The labels; images without labels are passed over.
    """
    rows = {image_id: row for row, image_id in enumerate(table.image_ids.tolist())}
    images = [image_id for image_id in dict.fromkeys(segmented) if image_id in rows]
    kept = cells["dropped"].to_numpy(dtype=str) == ""
    per_image = pd.DataFrame(
        {
            "image_id": images,
            "cells": _count(cells["image_id"][kept], images),
            "dropped": _count(cells["image_id"][~kept], images),
        }
    )
    of_image = [rows[image_id] for image_id in images]
    shown = np.repeat(table.shown[of_image], per_image["cells"], axis=0)
    per_class = pd.DataFrame(
        {
            "label": np.arange(len(table.label_set)),
            "name": table.label_set.names,
            "cells": shown.sum(axis=0),
            "single_label_cells": shown[shown.sum(axis=1) == 1].sum(axis=0),
        }
    )
    return CellCounts(per_image, per_class, shown)


def _count(image_ids: pd.Series, images: list[str]) -> NDArray[np.integer]:
    return image_ids.value_counts().reindex(images, fill_value=0).to_numpy(dtype=np.int64)
