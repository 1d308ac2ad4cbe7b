"""Cells that are read field by field beside those of the tables as a whole."""

import logging
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.cells.cells_table import write_cells
from data.errors import InputError
from data.predictions import cell_blocks
from data.predictions.predictions_table import write_predictions
from stages.export.fields.predicted_fields import PredictedFields
from stages.export.fields.successive_fields import SuccessiveFields, open_fields
from stages.export.paths import ExportInputs
from tests.factories.cells_table import make_cells_table

ORDER = [f"image {number}" for number in np.random.default_rng(8).permutation(20)]


@pytest.fixture
def inputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ExportInputs:
    """Twenty images, of which every fourth has no cell; some cells are dropped, some predicted."""
    monkeypatch.setattr(cell_blocks, "BLOCK_ROWS", 6)
    return ExportInputs(
        cells_path=tmp_path / "cells.parquet",
        images_table_path=tmp_path / "images.parquet",
        predictions_path=tmp_path / "predictions.parquet",
    )


def write(inputs: ExportInputs, *, labels: bool = True, shuffled: bool = False) -> None:
    rng = np.random.default_rng(4)
    ids = np.repeat(ORDER, np.where(np.arange(20) % 4, rng.integers(1, 6, 20), 0)).tolist()
    dropped, areas = rng.choice(["", "", "too dark"], len(ids)), rng.integers(1, 99, len(ids))
    table = make_cells_table(ids, dropped=dropped, area_px=areas)
    write_cells(inputs.cells_path, table)
    rows = np.flatnonzero(rng.random(len(ids)) < 0.7)
    if shuffled:
        rng.shuffle(rows)
    probabilities = np.random.default_rng(1).random((len(ids), 3))
    write_predictions(
        inputs.predictions_path,
        table["image_id"].to_numpy(object)[rows].tolist(),
        table["cell_id"].to_numpy()[rows],
        probabilities[rows],
        class_names=["A", "B", "C"],
        labels=[["", "0", "0|2"][row % 3] for row in rows] if labels else None,
    )


@pytest.mark.parametrize("unpredicted", [False, True])
@pytest.mark.parametrize("labels", [False, True])
@pytest.mark.parametrize("shuffled", [False, True])
def test_the_cells_of_each_field(
    inputs: ExportInputs, unpredicted: bool, labels: bool, shuffled: bool, caplog: pytest.LogCaptureFixture
) -> None:
    write(inputs, labels=labels, shuffled=shuffled)
    caplog.set_level(logging.INFO, "hpacells")
    successive = open_fields(inputs, ORDER, unpredicted=unpredicted)
    told = caplog.messages[:]
    assert isinstance(successive, SuccessiveFields)
    caplog.clear()
    whole = PredictedFields(inputs, unpredicted=unpredicted)
    assert told == caplog.messages != []
    assert (successive.class_names, successive.left_out) == (whole.class_names, whole.left_out)
    assert successive.image_ids == whole.image_ids
    # A field may be passed over.
    for image_id in [*ORDER[:6], *ORDER[8:]]:
        found, expected = successive.take(image_id), whole.take(image_id)
        assert found.stored.tolist() == expected.stored.tolist()
        assert found.predicted.tolist() == expected.predicted.tolist()
        assert found.called == expected.called
        assert (found.labels is not None) == (expected.labels is not None) == labels
        if found.labels is not None and expected.labels is not None:
            assert found.labels.fillna("-").tolist() == expected.labels.fillna("-").tolist()
        np.testing.assert_array_equal(found.probabilities, expected.probabilities)
        columns = list(found.table.columns)
        assert found.table.to_numpy(object).tolist() == expected.table[columns].to_numpy(object).tolist()


def test_no_cell_of_a_block_was_predicted(inputs: ExportInputs) -> None:
    write_cells(inputs.cells_path, make_cells_table(["A", "A", "B"]))
    write_predictions(
        inputs.predictions_path, [], np.empty(0, int), np.empty((0, 2)), class_names=["0", "1"], labels=[]
    )
    cells = open_fields(inputs, ["A", "B"], unpredicted=True)
    assert isinstance(cells, SuccessiveFields)
    assert cells.take("A").called == [None, None]
    assert np.isnan(cells.take("B").probabilities).all()


def test_tables_in_another_order(inputs: ExportInputs) -> None:
    write(inputs, shuffled=True)
    whole = open_fields(inputs, ORDER, unpredicted=False, sort=False)
    assert isinstance(whole, PredictedFields)
    write(inputs)
    assert isinstance(open_fields(inputs, ORDER[::-1], unpredicted=False), PredictedFields)
    field = open_fields(inputs, ORDER, unpredicted=False).take(ORDER[9])
    np.testing.assert_array_equal(whole.take(ORDER[9]).probabilities, field.probabilities)


def test_fields_are_taken_in_their_order(inputs: ExportInputs) -> None:
    write(inputs)
    cells = open_fields(inputs, ORDER, unpredicted=False)
    cells.take(ORDER[9])
    with pytest.raises(InputError, match="in another order"):
        cells.take(ORDER[1])


@pytest.mark.parametrize("shuffled", [False, True])
def test_the_likeliest_class_where_a_cell_has_no_text_of_called_ones(
    inputs: ExportInputs, shuffled: bool
) -> None:
    write(inputs, shuffled=shuffled)
    table = pq.read_table(inputs.predictions_path)
    texts = [None if row % 2 else text for row, text in enumerate(table["labels"].to_pylist())]
    edited = table.set_column(table.column_names.index("labels"), "labels", pa.array(texts, pa.string()))
    pq.write_table(edited, inputs.predictions_path)
    cells = open_fields(inputs, ORDER, unpredicted=False)
    keys = zip(table["image_id"].to_pylist(), table["cell_id"].to_pylist(), strict=True)
    text_of = dict(zip(keys, texts, strict=True))
    for image_id in ORDER:
        found = cells.take(image_id)
        numbers = found.table["cell_id"].tolist()
        for number, called, values in zip(numbers, found.called, found.probabilities, strict=True):
            text = text_of[image_id, number]
            expected = (
                (values.argmax(),) if text is None else tuple(map(int, text.split("|"))) if text else ()
            )
            assert called == expected
