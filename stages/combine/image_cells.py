"""The cells of a submission, some images at a time in its order."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.errors import InputError
from data.fields.images_table import read_images
from data.predictions.cell_blocks import BLOCK_ROWS, CellBlock, CellBlocks, OutOfStepError
from data.rules.cell_facts import FACT_COLUMNS
from stages.combine.joined_cells import join_cells
from stages.combine.paths import CombineInputs

_SIZES = ["image_id", "image_height", "image_width"]


@dataclass(frozen=True)
class ImageCells:
    """All cells of some images.

    Attributes
    ----------
    image_ids
        The images, in the order of the submission, which has others between them, without cells.
    kept
        (n rows) the cells that are not dropped: ``image_id``, facts for the rules, and ``row`` in the cells
        table; those of an image are sorted by their numbers.
    probabilities
        (n, classes) as they were predicted.
    dropped
        How many cells are dropped.
    """

    image_ids: list[str]
    kept: pd.DataFrame
    probabilities: NDArray[np.floating]
    dropped: int


class CellSource(Protocol):
    """Cells that are read as often as they are needed.

    Attributes
    ----------
    sizes
        ``image_id``, ``image_height`` and ``image_width`` of the images that get a row, in their order.
    """

    sizes: pd.DataFrame

    def read(self) -> Iterator[ImageCells]:
        """Read the cells of all images that have any, in the order of ``sizes``."""
        ...


class SuccessiveCells:
    """Read tables that have one order, the images table too, a few thousand cells at a time.

    Parameters
    ----------
    inputs
        The tables.
    sort
        Whether the predictions may have another order, so that they are sorted on the disk.

    Raises
    ------
    OutOfStepError
        There is no images table, or a table cannot be read.
    InputError
        The images table is missing or damaged, or has an image twice.
    """

    def __init__(self, inputs: CombineInputs, *, sort: bool) -> None:
        if inputs.images_table_path is None:
            raise OutOfStepError(found="no images table", where=inputs.predictions_path)
        self.sizes = _read_images(inputs.images_table_path)
        columns = ["image_id", "cell_id", "dropped", *FACT_COLUMNS]
        self._blocks = CellBlocks(inputs.cells_path, inputs.predictions_path, columns, sort=sort)
        self._path = inputs.predictions_path

    def read(self) -> Iterator[ImageCells]:
        """Read the cells of all images that have any, in the order of ``sizes``.

        Raises
        ------
        OutOfStepError
            The order is another one, or a cell that is not dropped lacks its prediction; maybe after cells,
            as it is found.
        """
        following = iter(self.sizes["image_id"].tolist())
        for block in self._blocks.read():
            image_ids = block.image_ids
            # Searching goes on where the last image was found.
            if not all(image_id in following for image_id in image_ids):
                raise OutOfStepError(found="cells in another order than the images", where=self._path)
            yield self._keep(block, image_ids)

    def _keep(self, block: CellBlock, image_ids: list[str]) -> ImageCells:
        is_kept = (block.table["dropped"] == "").to_numpy(bool)
        is_predicted = block.predictions >= 0
        if (is_kept & ~is_predicted).any():
            raise OutOfStepError(found="predictions that a cell lacks", where=self._path)
        table = block.table.assign(row=block.start + np.arange(len(block.table)))
        return ImageCells(
            image_ids,
            table[is_kept],
            block.probabilities[is_kept[is_predicted]],
            int((~is_kept).sum()),
        )


class WholeCells:
    """Read tables of any order as a whole.

    Raises
    ------
    InputError
        As `join_cells` says, a cell lies in an image that the images table lacks, or that has an image twice.
    """

    def __init__(self, inputs: CombineInputs) -> None:
        table, self._probabilities = join_cells(inputs.cells_path, inputs.predictions_path)
        self.sizes = _read_sizes(table, inputs)
        places = pd.Index(self.sizes["image_id"]).get_indexer(pd.Index(table["image_id"]))
        order = np.argsort(places, kind="stable")
        self._table, places = table.iloc[order], places[order]
        starts = np.flatnonzero(np.diff(places, prepend=-1))
        near = np.searchsorted(starts, np.arange(0, len(places), BLOCK_ROWS), side="right") - 1
        self._bounds = [*np.unique(starts[near]).tolist(), len(places)]

    def read(self) -> Iterator[ImageCells]:
        """Yield the cells of all images that have any, in the order of ``sizes``."""
        for start, stop in pairwise(self._bounds):
            part = self._table.iloc[start:stop]
            kept = part[part["dropped"] == ""]
            yield ImageCells(
                part["image_id"].unique().tolist(),
                kept,
                self._probabilities[kept["prediction"].to_numpy(np.intp)],
                len(part) - len(kept),
            )


def _read_sizes(table: pd.DataFrame, inputs: CombineInputs) -> pd.DataFrame:
    """Return ``image_id``, ``image_height`` and ``image_width`` of the images that get a row."""
    images = inputs.images_table_path
    if images is None:
        return table[_SIZES].drop_duplicates("image_id")
    sizes = _read_images(images)
    other = table[~table["image_id"].isin(sizes["image_id"])]
    if len(other):
        raise InputError(
            found=f"no image {other['image_id'].iloc[0]}, of which {inputs.cells_path} has cells",
            where=images,
            expected="the images of these cells",
            advice="run `hpacells segment` again",
        )
    return sizes


def _read_images(path: Path) -> pd.DataFrame:
    """Return the sizes of all images; each gets one row of a submission, so that none may come twice."""
    sizes = read_images(path)[_SIZES]
    twice = sizes[sizes.duplicated("image_id")]
    if len(twice):
        raise InputError(
            found=f"image {twice['image_id'].iloc[0]} has two rows",
            where=path,
            expected="one row per image",
            advice="run `hpacells segment` again",
        )
    return sizes
