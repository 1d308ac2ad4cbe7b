"""The cells of an export by image and by protein, and all classes of each group of cells."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.export.cell_annotations import mark_called
from data.predictions.stored_predictions import StoredPredictions
from data.variability.cell_groups import CellGroups
from data.variability.class_summary import ClassSummary, summarise_class
from data.variability.many_tests import join_p_values
from data.variability.spread_test import test_spread
from stages.export.predicted_cells import PredictedCells

_CALLED_FROM = 0.5
"""Where the predictions do not say which classes are called, it is from this probability on."""


@dataclass(frozen=True)
class Membership:
    """Which image and which protein each predicted cell belongs to.

    Attributes
    ----------
    images, proteins
        Names of the groups; of proteins there may be none.
    of_cells
        (n,) number of each cell's image; -1 for a dropped cell, which does not count.
    of_images
        (images,) number of each image's protein; -1 where it is not known.
    """

    images: tuple[str, ...]
    proteins: tuple[str, ...]
    of_cells: NDArray[np.int64]
    of_images: NDArray[np.int64]

    def group_by_image(self) -> CellGroups:
        """Return the cells by image."""
        return CellGroups(self.of_cells, len(self.images))

    def group_by_protein(self) -> CellGroups:
        """Return the cells by protein; those of images whose protein is not known are of none."""
        proteins = np.append(self.of_images, -1)[self.of_cells]
        return CellGroups(proteins, len(self.proteins))


@dataclass(frozen=True)
class SummarisedCells:
    """All classes of some groups of cells, images or proteins.

    Attributes
    ----------
    sizes
        (m,) cells that count.
    classes
        One entry per class.
    p_values
        (classes, m) whether the cells of one image differ more than chance gives; NaN where untested.
    """

    sizes: NDArray[np.int64]
    classes: list[ClassSummary]
    p_values: NDArray[np.float64]


def find_membership(cells: PredictedCells, images: pd.Series, protein_of: dict[str, str]) -> Membership:
    """Find the groups of the predicted cells.

    Parameters
    ----------
    cells
        The cells.
    images
        IDs of all fields, also of those without cells.
    protein_of
        Image ID -> protein, where it is known.
    """
    table = cells.table.iloc[: cells.predicted]
    names = pd.Index(pd.unique(pd.concat([images.astype(object), table["image_id"].astype(object)])))
    of_cells = names.get_indexer(pd.Index(table["image_id"].astype(object))).astype(np.int64)
    of_cells[(table["dropped"] != "").to_numpy(bool)] = -1
    known = [protein_of.get(name, "") for name in names]
    proteins = pd.Index(sorted({protein for protein in known if protein}), dtype=object)
    return Membership(
        tuple(names), tuple(proteins), of_cells, proteins.get_indexer(pd.Index(known, dtype=object))
    )


def summarise_cells(
    predictions: StoredPredictions,
    cells: PredictedCells,
    membership: Membership,
    advance: Callable[[int], None],
) -> tuple[SummarisedCells, SummarisedCells]:
    """Summarise all classes by image and by protein, of one class's probabilities after another.

    Returns
    -------
    tuple
        Images and proteins. A protein's p-value is that of its images together (Simes): that in none of them
        the cells differ more than chance gives.
    """
    count = len(predictions.class_names)
    marks = None if cells.labels is None else mark_called(cells.labels, count)
    levels = membership.group_by_image(), membership.group_by_protein()
    found: list[list[ClassSummary]] = [[], []]
    p_values = np.empty((count, len(membership.images)))
    for label in range(count):
        values = predictions.read_class(label)
        called = values >= _CALLED_FROM if marks is None else marks.find(label)
        for groups, summaries in zip(levels, found, strict=True):
            summaries.append(summarise_class(values[groups.order], called[groups.order], groups))
        p_values[label] = test_spread(values[levels[0].order], levels[0])
        advance(1)
    joined = [join_p_values(row, membership.of_images, len(membership.proteins)) for row in p_values]
    by_protein = np.reshape(joined, (count, len(membership.proteins)))
    return (
        SummarisedCells(levels[0].sizes, found[0], p_values),
        SummarisedCells(levels[1].sizes, found[1], by_protein),
    )


def name_where(marks: NDArray[np.bool_], names: tuple[str, ...]) -> list[str]:
    """Return the names of the classes that are marked in each column of (classes, m), joined by ``|``."""
    return ["|".join(names[label] for label in np.flatnonzero(column)) for column in marks.T]


def stack(summaries: list[ClassSummary], name: str) -> NDArray[Any]:
    """Return a number of all classes, (classes, m)."""
    return np.stack([getattr(each, name) for each in summaries])
