"""Blocks of cells beside the tables as a whole."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from data.cells.cells_table import COLUMN_TYPES, write_cells
from data.predictions import cell_blocks
from data.predictions.cell_blocks import CellBlock, CellBlocks, OutOfStepError
from data.predictions.predictions_table import write_predictions

COLUMNS = ["image_id", "cell_id", "dropped", "group"]


class Tables:
    """Forty images of up to nine cells, every third of which was dropped, some of these predicted."""

    def __init__(self, folder: Path) -> None:
        rng = np.random.default_rng(5)
        self.cells_path, self.predictions_path = folder / "cells.parquet", folder / "predictions.parquet"
        counts = rng.integers(1, 10, 40)
        # Images in an order of their own, numbers with gaps.
        names = [f"image {number}" for number in rng.permutation(40)]
        self.cells = pd.DataFrame(dict.fromkeys(COLUMN_TYPES, 1), index=range(counts.sum()))
        self.cells["image_id"] = np.repeat(names, counts)
        self.cells["cell_id"] = np.concatenate([3 * np.arange(1, count + 1) for count in counts])
        self.cells["dropped"] = np.where(np.arange(len(self.cells)) % 3 == 1, "too small", "")
        self.cells["rle"] = ""
        self.cells["group"] = "g" + self.cells["image_id"]
        is_predicted = (self.cells["dropped"] == "") | (rng.random(len(self.cells)) < 0.5)
        self.predicted = self.cells.loc[is_predicted, ["image_id", "cell_id"]]
        self.probabilities = rng.random((len(self.predicted), 3)).astype(np.float32)

    def write(self) -> None:
        write_cells(self.cells_path, self.cells)
        write_predictions(
            self.predictions_path,
            self.predicted["image_id"].tolist(),
            self.predicted["cell_id"].to_numpy(),
            self.probabilities,
            class_names=["a", "b", "c"],
            labels=[str(number % 3) for number in range(len(self.predicted))],
        )

    def read(self, *, labels: bool = False) -> list[CellBlock]:
        self.write()
        return list(CellBlocks(self.cells_path, self.predictions_path, COLUMNS, labels=labels).read())


@pytest.fixture
def tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tables:
    monkeypatch.setattr(cell_blocks, "BLOCK_ROWS", 7)
    return Tables(tmp_path)


def test_blocks_are_the_tables_in_parts(tables: Tables) -> None:
    blocks = tables.read(labels=True)
    assert len(blocks) > 10
    image_ids = [image_id for block in blocks for image_id in block.image_ids]
    assert image_ids == tables.cells["image_id"].unique().tolist()
    joined = pd.concat([block.table for block in blocks], ignore_index=True)
    assert joined.astype(object).equals(tables.cells[COLUMNS].astype(object))
    assert [block.start for block in blocks] == np.cumsum([0, *(len(b.table) for b in blocks)])[:-1].tolist()
    keys = list(tables.cells[["image_id", "cell_id"]].itertuples(index=False, name=None))
    places = {key: row for row, key in enumerate(tables.predicted.itertuples(index=False, name=None))}
    rows = np.concatenate([block.predictions for block in blocks])
    assert rows.tolist() == [places.get(key, -1) for key in keys]
    np.testing.assert_array_equal(np.concatenate([b.probabilities for b in blocks]), tables.probabilities)
    labels = [label for block in blocks for label in block.labels.tolist()]
    assert labels == [str(number % 3) for number in range(len(tables.predicted))]
    assert all(block.labels is None for block in tables.read())


def test_a_large_image_is_one_block(tables: Tables) -> None:
    tables.cells = tables.cells.iloc[:30].assign(image_id="a", cell_id=np.arange(30))
    tables.predicted = tables.cells.loc[[3, 28], ["image_id", "cell_id"]]
    tables.probabilities = tables.probabilities[:2]
    [block] = tables.read()
    assert np.flatnonzero(block.predictions >= 0).tolist() == [3, 28]


def test_tables_without_rows(tables: Tables) -> None:
    tables.predicted, tables.probabilities = tables.predicted.iloc[:0], tables.probabilities[:0]
    assert all((block.predictions == -1).all() for block in tables.read())
    assert sum(len(block.table) for block in tables.read()) == len(tables.cells)
    tables.cells = tables.cells.iloc[:0]
    assert tables.read() == []


def swap_cells(tables: Tables) -> None:
    tables.cells = tables.cells.iloc[[1, 0, *range(2, len(tables.cells))]]


def part_an_image(tables: Tables) -> None:
    tables.cells = tables.cells.iloc[[*range(1, len(tables.cells)), 0]]


def repeat_a_cell(tables: Tables) -> None:
    tables.cells = tables.cells.iloc[[0, *range(len(tables.cells))]]


def swap_predictions(tables: Tables) -> None:
    tables.predicted = tables.predicted.iloc[[1, 0, *range(2, len(tables.predicted))]]


def swap_images_of_predictions(tables: Tables) -> None:
    tables.predicted = tables.predicted.iloc[::-1]


def repeat_a_prediction(tables: Tables) -> None:
    tables.predicted = tables.predicted.iloc[[0, *range(len(tables.predicted) - 1)]]


def predict_another_cell(tables: Tables) -> None:
    tables.predicted.iloc[4, 1] = 1000


def predict_another_image(tables: Tables) -> None:
    tables.predicted.iloc[-1, 0] = "elsewhere"


@pytest.mark.parametrize(
    "disturb",
    [
        swap_cells,
        part_an_image,
        repeat_a_cell,
        swap_predictions,
        swap_images_of_predictions,
        repeat_a_prediction,
        predict_another_cell,
        predict_another_image,
    ],
)
def test_other_orders_are_refused(tables: Tables, disturb) -> None:
    disturb(tables)
    with pytest.raises(OutOfStepError):
        tables.read()


@pytest.mark.parametrize("labels", [True, False])
def test_predictions_in_another_order_are_sorted(tables: Tables, labels: bool) -> None:
    blocks = tables.read(labels=labels)
    order = np.random.default_rng(3).permutation(len(tables.predicted))
    pq.write_table(pq.read_table(tables.predictions_path).take(order), tables.predictions_path)
    read = CellBlocks(tables.cells_path, tables.predictions_path, COLUMNS, labels=labels, sort=True)
    # They are read as often as they are needed.
    for _ in range(2):
        found = list(read.read())
        assert len(found) == len(blocks)
        for one, other in zip(blocks, found, strict=True):
            pd.testing.assert_frame_equal(one.table, other.table)
            assert one.probabilities.dtype == other.probabilities.dtype
            np.testing.assert_array_equal(one.probabilities, other.probabilities)
            assert (other.predictions < 0).tolist() == (one.predictions < 0).tolist()
            known = one.predictions >= 0
            assert order[other.predictions[known]].tolist() == one.predictions[known].tolist()
            assert (other.labels is None) == (not labels)
            if labels:
                assert one.labels.dtype == other.labels.dtype
                assert one.labels.tolist() == other.labels.tolist()


def test_no_prediction_is_sorted(tables: Tables) -> None:
    tables.predicted, tables.probabilities = tables.predicted.iloc[:0], tables.probabilities[:0]
    tables.write()
    blocks = CellBlocks(tables.cells_path, tables.predictions_path, COLUMNS, sort=True).read()
    assert [block.predictions.max() for block in blocks] == [-1] * len(tables.read())


@pytest.mark.parametrize(
    "disturb",
    [
        swap_cells,
        part_an_image,
        repeat_a_cell,
        repeat_a_prediction,
        predict_another_cell,
        predict_another_image,
    ],
)
def test_what_no_order_of_the_predictions_mends_is_refused(tables: Tables, disturb) -> None:
    disturb(tables)
    tables.write()
    with pytest.raises(OutOfStepError):
        list(CellBlocks(tables.cells_path, tables.predictions_path, COLUMNS, sort=True).read())


def test_damaged_tables_are_refused(tables: Tables) -> None:
    tables.write()
    predictions = pd.read_parquet(tables.predictions_path)
    for damaged in (
        predictions.drop(columns="p_1"),
        predictions.drop(columns="cell_id"),
        predictions.assign(p_2=1.5),
        predictions.assign(p_2=np.nan),
        predictions.assign(cell_id=predictions["cell_id"].astype(float)),
    ):
        damaged.to_parquet(tables.predictions_path)
        for sort in (False, True):
            with pytest.raises(OutOfStepError):
                list(CellBlocks(tables.cells_path, tables.predictions_path, COLUMNS, sort=sort).read())
    tables.predictions_path.write_bytes(b"PAR1")
    with pytest.raises(OutOfStepError):
        CellBlocks(tables.cells_path, tables.predictions_path, COLUMNS)
