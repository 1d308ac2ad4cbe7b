"""A work folder for reading in Python: its tables, masks and tiles."""

from os import PathLike
from pathlib import Path

import pandas as pd

from data.cells.cells_table import read_cells
from data.errors import InputError
from data.fields.field import REFERENCE_PIXEL_SIZE_UM
from data.fields.images_table import read_images
from data.masks.label_image import read_label_image
from data.predictions.predictions_table import read_class_names, read_predictions
from data.predictions.submission import Submission, read_submission
from data.storage.url import find_local, find_url
from data.tiles.tile_store import TileStore
from models.segmenters.segmenter import SegmentedField
from pipeline.runs.manifest import read_manifest
from pipeline.runs.pixel_sizes import read_pixel_sizes
from pipeline.runs.storage.held_copies import held_copy
from pipeline.runs.storage.needed import ALL
from pipeline.runs.work_folder import WorkFolder


class Work:
    """Reads what the stages wrote to a work folder.

    Every method raises `InputError` where its stage has not run yet.

    Parameters
    ----------
    folder
        The work folder.

    Attributes
    ----------
    paths
        Path of each file and folder.

    Examples
    --------
    >>> import hpacells as hpa
    >>> work = hpa.open_work("work/demo")
    >>> work.images()["image_id"].tolist()
    ['A1']
    >>> cells = work.cells()
    >>> len(work.tiles()) == len(cells), work.masks("A1").count == len(cells)
    (True, True)
    >>> kept = cells[cells["dropped"] == ""]
    >>> len(work.predictions()) == len(kept), len(work.class_names())
    (True, 19)
    """

    def __init__(self, folder: str | PathLike[str]) -> None:
        self.paths = WorkFolder(Path(folder))

    def __repr__(self) -> str:
        return f"Work({str(self.paths.root)!r})"

    def images(self) -> pd.DataFrame:
        """Read the images table, one row per segmented field."""
        return read_images(self.paths.images)

    def cells(self) -> pd.DataFrame:
        """Read the cells table, one row per cell; ``dropped`` is empty for the cells that are kept."""
        return read_cells(self.paths.cells)

    def tiles(self) -> TileStore:
        """Open the tile store; tile i is the cell of row i of `cells`."""
        return TileStore(self.paths.tiles)

    def masks(self, image_id: str) -> SegmentedField:
        """Read the label images of one field."""
        nuclei, cells = (
            read_label_image(self.paths.masks / f"{image_id}_{what}.png") for what in ("nuclei", "cells")
        )
        segmented = read_manifest(self.paths.manifest("segment"))
        if segmented is None:
            return SegmentedField(nuclei, cells, without_nucleus=True)
        size = read_pixel_sizes(self.paths, segmented).get(image_id, REFERENCE_PIXEL_SIZE_UM)
        return SegmentedField(nuclei, cells, size, without_nucleus=True)

    def predictions(self, *, embedding: bool = True) -> pd.DataFrame:
        """Read the predictions table, one row per kept cell, with the embeddings where it has them."""
        return read_predictions(self.paths.predictions, embedding=embedding)

    def class_names(self) -> tuple[str, ...]:
        """Read the names of the predicted classes: ``p_0`` is the probability of the first."""
        return read_class_names(self.paths.predictions)

    def submission(self) -> Submission:
        """Read the Kaggle submission."""
        return read_submission(self.paths.submission)


def open_work(folder: str | PathLike[str]) -> Work:
    """Open a work folder for reading.

    Parameters
    ----------
    folder
        The folder that was given as ``--work``; of one at a URL, all is fetched that is not here yet.

    Raises
    ------
    InputError
        There is no such folder.

    Examples
    --------
    >>> import hpacells as hpa
    >>> work = hpa.open_work("work/demo")
    >>> table = work.cells().merge(work.predictions(), on=["image_id", "cell_id"])
    >>> table["image_id"].unique().tolist()
    ['A1']
    """
    path = find_local(Path(folder)) or Path(folder)
    url = find_url(path)
    if url is not None:
        with held_copy(url, ALL, writes=False) as path:
            return Work(path)
    if not path.is_dir():
        raise InputError(
            found="no such folder",
            where=folder,
            expected="a work folder",
            advice="give the folder that `hpacells run` or `hpacells segment` had as --work",
        )
    return Work(path)
