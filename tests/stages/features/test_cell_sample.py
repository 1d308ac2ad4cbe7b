"""Which cells a feature analysis draws, and of which class each is."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.cells.cells_table import write_cells
from data.labels.label_file import CLASS_NAMES, write_labels
from data.predictions import cell_blocks
from data.predictions.predictions_table import write_predictions
from stages.features import cell_sample
from stages.features.cell_sample import CellSample, choose_sample
from stages.features.paths import FeaturesInputs
from tests.factories.cells_table import make_cells_table

CELLS, PREDICTED = 40, np.array([row for row in range(40) if row % 7])
LIKELIEST = np.random.default_rng(3).integers(0, 4, CELLS)


def make_table() -> pd.DataFrame:
    table = make_cells_table(np.repeat([f"image{number}" for number in range(10)], 4).tolist())
    table["area_px"] = np.arange(CELLS) + 1000
    table.loc[::9, "dropped"] = "too dark"
    return table


def draw(
    folder: Path, table: pd.DataFrame, count: int, labels: Path | None = None, *, shuffled: bool = False
) -> CellSample:
    write_cells(folder / "cells.parquet", table)
    probabilities = np.full((CELLS, len(CLASS_NAMES)), 0.1)
    probabilities[np.arange(CELLS), LIKELIEST] = 0.9
    rows = np.random.default_rng(2).permutation(PREDICTED) if shuffled else PREDICTED
    chosen = make_table().iloc[rows]
    write_predictions(
        folder / "predictions.parquet",
        chosen["image_id"].tolist(),
        chosen["cell_id"].to_numpy(),
        probabilities[rows],
    )
    inputs = FeaturesInputs(
        folder / "tiles.zarr", folder / "cells.parquet", folder, folder / "predictions.parquet", labels
    )
    return choose_sample(inputs, CLASS_NAMES, count, 0)


def check(sample: CellSample, table: pd.DataFrame, classes: np.ndarray) -> None:
    """Compare with the table, of which the class of each row is known; -1 for none."""
    kept = np.flatnonzero(table["dropped"] == "")
    assert sample.available == (classes[kept] >= 0).sum()
    assert sample.left_out == (classes[kept] < 0).sum()
    assert set(sample.rows) <= set(kept)
    np.testing.assert_array_equal(sample.classes, classes[sample.rows])
    columns = ["image_id", "cell_id", "area_px", "nucleus_area_px"]
    pd.testing.assert_frame_equal(sample.table, table.loc[sample.rows, columns], check_dtype=False)


@pytest.mark.parametrize("count", [12, 100])
@pytest.mark.parametrize("shuffled", [False, True])
def test_predicted_cells_of_which_the_table_is_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int, shuffled: bool
) -> None:
    monkeypatch.setattr(cell_blocks, "BLOCK_ROWS", 5)
    monkeypatch.setattr(cell_sample, "_class_mixed", None)
    sample = draw(tmp_path, make_table(), count, shuffled=shuffled)
    classes = np.full(CELLS, -1)
    classes[PREDICTED] = LIKELIEST[PREDICTED]
    check(sample, make_table(), classes)
    assert len(sample.rows) == min(count, sample.available)


def test_predicted_cells_of_tables_in_different_orders(tmp_path: Path) -> None:
    order = np.random.default_rng(5).permutation(CELLS)
    table = make_table().iloc[order].reset_index(drop=True)
    classes = np.full(CELLS, -1)
    classes[PREDICTED] = LIKELIEST[PREDICTED]
    check(draw(tmp_path, table, 12), table, classes[order])


def test_labelled_cells_of_images_in_any_order(tmp_path: Path) -> None:
    labels = {f"image{number}": [number % 3] for number in range(8)} | {"image8": [1, 2]}
    write_labels(tmp_path / "labels.csv", labels)
    order = np.random.default_rng(6).permutation(CELLS)
    table = make_table().iloc[order].reset_index(drop=True)
    known = {image_id: numbers[0] for image_id, numbers in labels.items() if len(numbers) == 1}
    classes = np.array([known.get(image_id, -1) for image_id in table["image_id"]])
    check(draw(tmp_path, table, 20, tmp_path / "labels.csv"), table, classes)
