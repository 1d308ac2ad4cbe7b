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
from stages.export.annotations import Annotator
from stages.export.cells.cell_parts import (
    ExportedCells,
    SuccessiveCells,
    WholeCells,
    add_numbers,
    open_cells,
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


def describe(inputs: ExportInputs, cells: ExportedCells) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return all that is known of the cells, with the categories of all; and that of none."""
    annotator = Annotator(inputs, cells.image_ids, NAMES, None)
    template = annotator.annotate(*cells.represent()).iloc[:0]
    parts = [*cells.read_predicted(4), *cells.read_others(4)]
    starts = np.cumsum([0, *(len(part.table) for part in parts)])
    assert [part.start for part in parts] == starts[:-1].tolist()
    assert [part.stop for part in parts] == starts[1:].tolist()
    assert starts[-1] == cells.count
    assert [part.is_predicted for part in parts] == [part.start < cells.predicted for part in parts]
    known = [annotator.annotate(part.table, part.labels).astype(object) for part in parts]
    return pd.concat(known, ignore_index=True).astype(template.dtypes.to_dict()), template


@pytest.mark.parametrize("unpredicted", [False, True])
@pytest.mark.parametrize("labels", [False, True])
def test_parts_are_those_of_the_whole(
    inputs: ExportInputs, unpredicted: bool, labels: bool, caplog: pytest.LogCaptureFixture
) -> None:
    write(inputs, labels=labels)
    caplog.set_level(logging.INFO, "hpacells")
    predictions = StoredPredictions(inputs.predictions_path)
    successive = open_cells(inputs, predictions, unpredicted=unpredicted)
    told = caplog.messages[:]
    assert isinstance(successive, SuccessiveCells)
    caplog.clear()
    whole = WholeCells(inputs, predictions, unpredicted=unpredicted)
    assert told == caplog.messages != []
    for name in ("predicted", "others", "count", "left_out", "image_ids"):
        assert getattr(successive, name) == getattr(whole, name)
    assert successive.others > 0
    (known, template), (expected, its_template) = (describe(inputs, each) for each in (successive, whole))
    assert ("called_classes" in template) == labels
    pd.testing.assert_frame_equal(template, its_template)
    pd.testing.assert_frame_equal(known, expected)
    # No more than a block, with the cells that complete its last image.
    assert max(len(part.table) for part in successive.read_predicted()) <= 6 + 5


@pytest.mark.parametrize("shuffled", [False, True])
def test_cells_have_their_own_rows_and_numbers(inputs: ExportInputs, shuffled: bool) -> None:
    write(inputs, shuffled=shuffled)
    predictions = StoredPredictions(inputs.predictions_path)
    cells = open_cells(inputs, predictions, unpredicted=True)
    assert isinstance(cells, WholeCells) == shuffled
    table = pd.read_parquet(inputs.cells_path)
    predicted = pd.read_parquet(inputs.predictions_path)
    parts = [*cells.read_predicted(5), *cells.read_others(5)]
    for part, numbers in add_numbers(iter(parts), predictions):
        own = table.iloc[part.rows].reset_index(drop=True)
        pd.testing.assert_frame_equal(part.table, own[list(part.table)])
        assert part.labels is not None
        if not part.is_predicted:
            assert np.isnan(numbers.probabilities).all()
            assert part.labels.isna().all()
            continue
        ours = predicted.iloc[part.start : part.stop]
        assert part.table["cell_id"].tolist() == ours["cell_id"].tolist()
        assert part.labels.tolist() == ours["labels"].tolist()
        np.testing.assert_array_equal(numbers.probabilities, ours[["p_0", "p_1", "p_2"]].to_numpy())
    every = np.concatenate([part.rows for part in parts])
    assert sorted(every.tolist()) == list(range(len(table)))


def test_what_is_refused(inputs: ExportInputs) -> None:
    write(inputs)
    predictions = StoredPredictions(inputs.predictions_path)
    assert inputs.labels_path is not None
    inputs.labels_path.write_text("ID,Label\nother,A\n")
    cells = open_cells(inputs, predictions, unpredicted=True)
    with pytest.raises(InputError, match="none of the 15 images has a label"):
        Annotator(inputs, cells.image_ids, NAMES, None)
    write_predictions(inputs.predictions_path, [], np.empty(0, int), np.empty((0, 3)), class_names=NAMES)
    with pytest.raises(InputError, match="no cell was predicted"):
        open_cells(inputs, StoredPredictions(inputs.predictions_path), unpredicted=True)
