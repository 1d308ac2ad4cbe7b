from pathlib import Path

import numpy as np
import pytest

from data.cells.cells_table import write_cells
from data.predictions.predictions_table import write_predictions
from data.predictions.stored_predictions import StoredPredictions
from stages.export.cells.predicted_cells import choose_cells
from stages.export.paths import ExportInputs
from tests.factories.cells_table import make_cells_table


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [2, 0, 3, 1], [2, 1]])
@pytest.mark.parametrize("unpredicted", [False, True])
def test_rows_and_names_of_the_cells(tmp_path: Path, order: list[int], unpredicted: bool) -> None:
    table = make_cells_table(["b", "b", "a", "a"], area_px=[5, 6, 7, 8])
    inputs = ExportInputs(
        tmp_path / "cells.parquet", tmp_path / "images.parquet", tmp_path / "predictions.parquet"
    )
    write_cells(inputs.cells_path, table)
    chosen = table.iloc[order]
    names = ["A", "B"]
    write_predictions(
        inputs.predictions_path,
        chosen["image_id"].tolist(),
        chosen["cell_id"].to_numpy(),
        np.full((len(order), 2), 0.5),
        class_names=names,
    )
    cells = choose_cells(inputs, StoredPredictions(inputs.predictions_path), unpredicted=unpredicted)
    others = [row for row in range(4) if row not in order]
    rows = order + others * unpredicted
    assert cells.rows.tolist() == rows
    assert cells.table["area_px"].tolist() == [5 + row for row in rows]
    every = ["b_1", "b_2", "a_1", "a_2"]
    assert list(cells.names) == cells.names[:] == [every[row] for row in rows]
    assert (cells.names[1], cells.names[-1]) == (every[rows[1]], every[rows[-1]])
    assert cells.left_out == (0 if unpredicted else len(others))
