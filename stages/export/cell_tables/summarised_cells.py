"""The cells of an export by image and by protein, and all classes of each group of cells."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.export.cell_annotations import mark_called
from data.predictions.stored_predictions import StoredPredictions
from data.variability.class_summary import ClassSummary
from data.variability.many_tests import join_p_values
from data.variability.spread_test import test_spread
from stages.export.cell_tables.sorted_cells import SortedCells, arrange
from stages.export.cells.cell_parts import ExportedCells, add_numbers

_CALLED_FROM = 0.5
"""Where the predictions do not say which classes are called, it is from this probability on."""


@dataclass(frozen=True)
class Membership:
    """Which image and which protein each predicted cell belongs to.

    Attributes
    ----------
    images, proteins
        Names of the groups; of proteins there may be none.
    sizes
        (images,) cells of each image that count: a dropped one does not.
    of_images
        (images,) number of each image's protein; -1 where it is not known.
    ranks
        (images,) place of each image among all, sorted by protein, those of none last, and then by their
        first cell.
    """

    images: tuple[str, ...]
    proteins: tuple[str, ...]
    sizes: NDArray[np.int64]
    of_images: NDArray[np.int64]
    ranks: NDArray[np.int64]

    def number(self, table: pd.DataFrame) -> NDArray[np.int64]:
        """Return the number of each cell's image, (n,); -1 for a cell that does not count."""
        return _number(pd.Index(self.images), table)

    def number_proteins(self, table: pd.DataFrame) -> NDArray[np.int64]:
        """Return the number of each cell's protein, (n,); -1 for one that does not count or has none."""
        return np.append(self.of_images, -1)[self.number(table)]

    def count_by_protein(self) -> NDArray[np.int64]:
        """Return how many cells that count each protein has, (proteins,)."""
        sums = np.zeros(len(self.proteins), np.int64)
        has = self.of_images >= 0
        np.add.at(sums, self.of_images[has], self.sizes[has])
        return sums


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


def find_membership(cells: ExportedCells, images: pd.Series, protein_of: dict[str, str]) -> Membership:
    """Find the groups of the predicted cells.

    Parameters
    ----------
    cells
        The cells, no others among them.
    images
        IDs of all fields, also of those without cells.
    protein_of
        Image ID -> protein, where it is known.
    """
    with_cells = cells.image_ids
    names = pd.Index(list(dict.fromkeys([*images, *with_cells])), dtype=object)
    sizes = np.zeros(len(names), np.int64)
    for part in cells.read_predicted():
        found = _number(names, part.table)
        sizes += np.bincount(found[found >= 0], minlength=len(names))
    known = [protein_of.get(name, "") for name in names]
    proteins = pd.Index(sorted({protein for protein in known if protein}), dtype=object)
    of_images = proteins.get_indexer(pd.Index(known, dtype=object)).astype(np.int64)
    first = np.full(len(names), len(names))
    first[names.get_indexer(pd.Index(with_cells, dtype=object))] = np.arange(len(with_cells))
    ranks = np.empty(len(names), np.int64)
    ranks[np.lexsort((first, np.where(of_images < 0, len(proteins), of_images)))] = np.arange(len(names))
    return Membership(tuple(names), tuple(proteins), sizes, of_images, ranks)


def _number(names: pd.Index, table: pd.DataFrame) -> NDArray[np.int64]:
    numbers = names.get_indexer(pd.Index(table["image_id"].astype(object))).astype(np.int64)
    numbers[(table["dropped"] != "").to_numpy(bool)] = -1
    return numbers


def summarise_cells(
    predictions: StoredPredictions,
    cells: ExportedCells,
    membership: Membership,
    folder: Path,
    advance: Callable[[int], None],
) -> tuple[SummarisedCells, SummarisedCells]:
    """Summarise all classes by image and by protein, some thousands of cells at a time.

    Parameters
    ----------
    predictions, cells, membership
        The cells, which are read once more.
    folder
        Where the cells' probabilities are meanwhile, sorted.
    advance
        Called with the number of cells that were read.

    Returns
    -------
    tuple
        Images and proteins. A protein's p-value is that of its images together (Simes): that in none of them
        the cells differ more than chance gives.
    """
    count, ranks = len(predictions.class_names), membership.ranks
    by_rank = membership.sizes[np.argsort(ranks)]
    with SortedCells(folder, by_rank, count) as stored:
        for part, numbers in add_numbers(cells.read_predicted(), predictions):
            images = membership.number(part.table)
            groups = np.where(images < 0, -1, ranks[images])
            stored.add(groups, numbers.probabilities, _find_called(part.labels, numbers.probabilities))
            advance(len(groups))
        spreads = (arrange(each, ranks) for each in stored.measure_spreads(by_rank))
        p_values = np.stack([test_spread(membership.sizes, each) for each in spreads])
        by_image = [arrange(each, ranks) for each in stored.summarise(by_rank)]
        # The images of a protein follow each other, and those of none come last.
        has = membership.count_by_protein()
        by_protein = stored.summarise(has)
    joined = [join_p_values(row, membership.of_images, len(has)) for row in p_values]
    return (
        SummarisedCells(membership.sizes, by_image, p_values),
        SummarisedCells(has, by_protein, np.reshape(joined, (count, len(has)))),
    )


def _find_called(labels: pd.Series | None, probabilities: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return which classes are called in each cell, (n, classes)."""
    if labels is None:
        return probabilities >= _CALLED_FROM
    return mark_called(labels, probabilities.shape[1])


def name_where(marks: NDArray[np.bool_], names: tuple[str, ...]) -> list[str]:
    """Return the names of the classes that are marked in each column of (classes, m), joined by ``|``."""
    return ["|".join(names[label] for label in np.flatnonzero(column)) for column in marks.T]


def stack(summaries: list[ClassSummary], name: str) -> NDArray[Any]:
    """Return a number of all classes, (classes, m)."""
    return np.stack([getattr(each, name) for each in summaries])
