"""Cells that are read part by part beside those of the tables as a whole."""

import logging
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.cells.cells_table import write_cells
from data.errors import InputError
from data.fields.images_table import write_images
from data.predictions import cell_blocks
from data.predictions.predictions_table import write_predictions
from data.predictions.stored_predictions import StoredPredictions
from stages.export.cell_tables.described_parts import (
    DescribedParts,
    SuccessiveParts,
    WholeParts,
    open_parts,
)
from stages.export.paths import ExportInputs
from tests.factories.cells_table import make_cells_table

IMAGES = [f"image {number}" for number in np.random.default_rng(8).permutation(20)]
NAMES = ("A", "B", "C")


@pytest.fixture
def inputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ExportInputs:
    """Twenty images, some of which have no cell, or none that was predicted."""
    monkeypatch.setattr(cell_blocks, "BLOCK_ROWS", 6)
    paths = [tmp_path / f"{name}.parquet" for name in ("cells", "images", "predictions")]
    sizes = {"image_height": 9, "image_width": 9, "cells": 0, "pixel_size_um": np.linspace(0.1, 0.2, 20)}
    write_images(paths[1], pd.DataFrame({"image_id": IMAGES, **sizes}))
    labels = tmp_path / "labels.csv"
    labels.write_text("ID,Label,Gene\n" + "".join(f"{name},A|C,GENE{name[-1]}\n" for name in IMAGES[3:9]))
    return ExportInputs(*paths, labels_path=labels)


def write(inputs: ExportInputs, *, labels: bool = True, shuffled: bool = False) -> None:
    rng = np.random.default_rng(4)
    ids = np.repeat(IMAGES, np.where(np.arange(20) % 4, rng.integers(1, 6, 20), 0)).tolist()
    dropped = rng.choice(["", "", "too dark", "of my own"], len(ids))
    # Groups of several images, the first of which are not the first to be predicted.
    groups = [f"group {IMAGES.index(name) // 3}" for name in ids]
    table = make_cells_table(ids, dropped=dropped, area_px=rng.integers(1, 99, len(ids)), group=groups)
    write_cells(inputs.cells_path, table)
    rows = np.flatnonzero((rng.random(len(ids)) < 0.7) & (np.arange(len(ids)) > 7))
    if shuffled:
        rng.shuffle(rows)
    write_predictions(
        inputs.predictions_path,
        table["image_id"].to_numpy(object)[rows].tolist(),
        table["cell_id"].to_numpy()[rows],
        np.random.default_rng(1).random((len(rows), 3)),
        class_names=NAMES,
        labels=[["", "2", "0|2"][row % 3] for row in rows] if labels else None,
    )


def arrange(parts: DescribedParts) -> pd.DataFrame:
    """Return all that is known of the cells in the order of the export, with the categories of all."""
    numbered = [
        part.known.set_index(pd.RangeIndex(part.start, part.start + len(part.table))).astype(object)
        for part in parts.read()
        if len(part.table)
    ]
    known = pd.concat(numbered).sort_index()
    assert known.index.tolist() == list(range(parts.count))
    return known.astype(parts.template.dtypes.to_dict())


@pytest.mark.parametrize("unpredicted", [False, True])
@pytest.mark.parametrize("labels", [False, True])
def test_parts_are_those_of_the_whole(
    inputs: ExportInputs, unpredicted: bool, labels: bool, caplog: pytest.LogCaptureFixture
) -> None:
    write(inputs, labels=labels)
    caplog.set_level(logging.INFO, "hpacells")
    predictions = StoredPredictions(inputs.predictions_path)
    successive = open_parts(inputs, predictions, None, unpredicted=unpredicted)
    told = caplog.messages[:]
    assert isinstance(successive, SuccessiveParts)
    caplog.clear()
    whole = WholeParts(inputs, predictions, None, unpredicted=unpredicted)
    assert told == caplog.messages != []
    assert (successive.count, successive.left_out) == (whole.count, whole.left_out)
    assert ("called_classes" in whole.template) == labels
    pd.testing.assert_frame_equal(successive.template, whole.template)
    pd.testing.assert_frame_equal(arrange(successive), arrange(whole))
    # No more than a block, with the cells that complete its last image.
    assert max(len(part.table) for part in successive.read()) <= 6 + 5


def test_tables_in_another_order(inputs: ExportInputs) -> None:
    write(inputs, shuffled=True)
    predictions = StoredPredictions(inputs.predictions_path)
    assert isinstance(open_parts(inputs, predictions, None, unpredicted=True), WholeParts)


def test_what_is_refused(inputs: ExportInputs) -> None:
    write(inputs)
    predictions = StoredPredictions(inputs.predictions_path)
    assert inputs.labels_path is not None
    inputs.labels_path.write_text("ID,Label\nother,A\n")
    with pytest.raises(InputError, match="none of the 15 images has a label"):
        open_parts(inputs, predictions, None, unpredicted=True)
    write_predictions(inputs.predictions_path, [], np.empty(0, int), np.empty((0, 3)), class_names=NAMES)
    with pytest.raises(InputError, match="no cell was predicted"):
        open_parts(inputs, StoredPredictions(inputs.predictions_path), None, unpredicted=True)
