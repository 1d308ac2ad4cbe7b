"""Training sets of made-up tables, and what they say of images by name."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from data.labels.image_values import ImageLabels, ImageValues
from data.training.selection import select_training_set
from data.training.training_cells import TrainingCells, read_training_cells
from data.training.training_set import TrainingSet


def make_training_cells(table: pd.DataFrame) -> TrainingCells:
    """Make the cells of a table, numbered by its rows where it has no numbers."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "cells.parquet"
        (table if "cell_id" in table else table.assign(cell_id=np.arange(len(table)))).to_parquet(path)
        return read_training_cells(path)


def select(
    table: pd.DataFrame,
    labels: Mapping[str, tuple[int, ...]],
    images: Any,
    *,
    proteins: Mapping[str, str] | None = None,
    **settings: Any,
) -> TrainingSet:
    """Select the cells to train on, by labels and proteins of images."""
    shown = ImageValues[str].collect((proteins or {}).items())
    known = ImageLabels.collect(labels.items())
    return select_training_set(make_training_cells(table), known, images, proteins=shown, **settings)


def labels_of(chosen: TrainingSet) -> dict[str, tuple[int, ...]]:
    """Return image ID -> its classes."""
    classes = [tuple(np.flatnonzero(row).tolist()) for row in chosen.shown]
    return dict(zip(chosen.image_names, classes, strict=True))


def groups_of(chosen: TrainingSet) -> dict[str, str]:
    """Return image ID -> the first image of its group."""
    names = chosen.image_names
    return dict(zip(names, [names[place] for place in chosen.groups.tolist()], strict=True))
