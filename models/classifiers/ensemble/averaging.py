"""What several classifiers say of cells, averaged over them and with the mean of the cells' image."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.predictions.called_classes import call_classes
from data.predictions.prediction_blocks import PredictionBlocks, SuccessiveBlocks
from data.rules.image_mean import average_with_image_mean
from models.classifiers.ensemble.members import Member, group_by_tiles, mean_thresholds


@dataclass(frozen=True)
class AveragedCells:
    """What is said of some cells.

    Attributes
    ----------
    cells
        (n rows) the cells.
    probabilities
        (n, classes) float32.
    labels
        (n,) numbers of the called classes, joined by ``|``.
    embedding
        (n, E) of the first classifier; (n, 0) where none was kept.
    """

    cells: pd.DataFrame
    probabilities: NDArray[np.float32]
    labels: list[str]
    embedding: NDArray[np.floating]


def average_members(
    members: Sequence[Member],
    blocks: PredictionBlocks,
    parts: Iterable[pd.DataFrame],
    image_weight: float,
) -> Iterator[AveragedCells]:
    """Average what classifiers say of cells, some cells at a time.

    Parameters
    ----------
    members
        The classifiers.
    blocks
        What each says, part n of the n-th of those that share tiles.
    parts
        The cells in the order of the blocks, as rows with ``image_id`` and ``dropped``; no part is empty, and
        each has all cells of its images.
    image_weight
        The weight of the mean over the cells of an image that no filter dropped.

    Raises
    ------
    ValueError
        The blocks have fewer cells.
    """
    weights = [len(sharing) / len(members) for sharing in group_by_tiles(members).values()]
    successive = [SuccessiveBlocks(blocks.read(part)) for part in range(len(weights))]
    thresholds = mean_thresholds(members)
    for cells in parts:
        said = [own.take(len(cells)) for own in successive]
        total = np.zeros_like(said[0].probabilities)
        for block, weight in zip(said, weights, strict=True):
            total += block.probabilities * weight
            # The sum of rounded parts may lie just above 1.
            np.minimum(total, 1, out=total)
        probabilities = average_with_image_mean(
            total,
            pd.factorize(cells["image_id"])[0],
            image_weight,
            counted=(cells["dropped"] == "").to_numpy(bool),
        )
        labels = call_classes(probabilities, thresholds)
        yield AveragedCells(cells, probabilities, labels, said[0].embedding)
