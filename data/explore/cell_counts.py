"""How many cells there are, a cell having the labels of its image."""

from collections import Counter
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
        (images, C) bool: the labels of each image.
    """

    per_image: pd.DataFrame
    per_class: pd.DataFrame
    shown: NDArray[np.bool_]

    @property
    def total(self) -> int:
        """How many cells there are."""
        return int(self.per_image["cells"].sum())

    def mark_cells(self) -> NDArray[np.bool_]:
        """Return the labels of each cell, (cells, C) bool."""
        return np.repeat(self.shown, self.per_image["cells"], axis=0)


def count_cells(parts: Iterable[pd.DataFrame], segmented: Iterable[str], table: LabelTable) -> CellCounts:
    """Count the cells of each labelled image and of each class.

    Parameters
    ----------
    parts
        Cells table in parts, with at least ``image_id`` and ``dropped``.
    segmented
        IDs of the images in which cells were sought: one without a cell counts, too.
    table
        The labels; images without labels are passed over.
    """
    rows = {image_id: row for row, image_id in enumerate(table.image_ids.tolist())}
    images = [image_id for image_id in dict.fromkeys(segmented) if image_id in rows]
    kept, dropped = Counter[str](), Counter[str]()
    for part in parts:
        is_kept = (part["dropped"] == "").to_numpy(bool)
        for count, ids in ((kept, part["image_id"][is_kept]), (dropped, part["image_id"][~is_kept])):
            counted = ids.value_counts()
            count.update(dict(zip(counted.index.tolist(), counted.tolist(), strict=True)))
    numbers = {"cells": kept, "dropped": dropped}
    per_image = pd.DataFrame(
        {"image_id": images}
        | {name: np.array([count[image] for image in images], np.int64) for name, count in numbers.items()}
    )
    shown = table.shown[[rows[image_id] for image_id in images]]
    cells = shown * per_image["cells"].to_numpy()[:, None]
    per_class = pd.DataFrame(
        {
            "label": np.arange(len(table.label_set)),
            "name": table.label_set.names,
            "cells": cells.sum(axis=0),
            "single_label_cells": cells[shown.sum(axis=1) == 1].sum(axis=0),
        }
    )
    return CellCounts(per_image, per_class, shown)
