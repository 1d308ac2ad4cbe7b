"""Of each cell some numbers are kept in memory; the table is the one that all cells at once would make."""

import tracemalloc
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from data.cells.cells_table import COLUMN_TYPES
from data.cells.stored_cells import write_cell_parts
from data.channels import CHANNELS
from data.predictions.called_classes import call_classes
from data.predictions.predictions_table import write_predictions
from data.rules.image_mean import average_with_image_mean
from data.tiles.batch_loader import Batch, BatchLoader
from models.classifiers import inference
from stages.predict import run as predict
from stages.predict.paths import PredictInputs, PredictOutputs
from stages.predict.settings import PredictSettings
from tests.stages.predict.conftest import Save

CLASSES = 19
WEIGHT = 0.3


class Tiles:
    """A tile store whose tiles nobody reads."""

    channels, preset, size = CHANNELS, "cell", 256

    def __init__(self, path: Path, rows: int) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return self._rows


def write_cells(path: Path, images: np.ndarray) -> pd.DataFrame:
    columns = {name: np.ones(len(images)) for name, kind in COLUMN_TYPES.items() if kind != "str"}
    dropped = np.where(np.random.default_rng(1).random(len(images)) < 0.1, "too small", "")
    table = pd.DataFrame(
        columns
        | {"image_id": images, "cell_id": np.arange(len(images)), "dropped": dropped}
        | {"rle": "", "group": images, "image_hash": ""}
    )
    write_cell_parts(path, [table])
    return table


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let batches have made-up probabilities, by the numbers of their items."""

    def prepare(_: object, items: np.ndarray, *__: object) -> Batch:
        return Batch(items, items[:, None, None, None])

    monkeypatch.setattr(predict, "TileStore", Tiles)
    monkeypatch.setattr(predict, "open_runtime", lambda *_, **__: SimpleNamespace(identity=lambda: "none"))
    monkeypatch.setattr(BatchLoader, "_prepare", prepare)
    monkeypatch.setattr(
        inference, "average_predictions", lambda _, tiles, *__: (make_up(tiles.ravel()), tiles[:, :0, 0, 0])
    )


def make_up(items: np.ndarray) -> np.ndarray:
    return ((items[:, None] * 7919 + np.arange(CLASSES) * 104729) % 99991 / 99991).astype(np.float32)


def run(cells: Path, model: Path, steps) -> Path:
    output = cells.with_name("predictions.parquet")
    settings = PredictSettings(image_weight=WEIGHT)
    inputs = PredictInputs(cells.with_name("tiles.zarr"), cells, [model], "key")
    predict.run(inputs, PredictOutputs(output), settings, steps())
    return output


@pytest.mark.parametrize("order", ["by image", "mixed", "one image", "an image a cell"])
@pytest.mark.usefixtures("made_up")
def test_the_table_is_that_of_all_cells_at_once(
    tmp_path: Path, save: Save, steps, order: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.cells.kept_cells.PART_ROWS", 64)
    monkeypatch.setattr("data.predictions.prediction_blocks.BLOCK_CELLS", 300)
    numbers = np.sort(np.random.default_rng(0).integers(0, 200, 5000))
    if order == "mixed":
        numbers = np.random.default_rng(0).permutation(numbers)
    elif order != "by image":
        numbers = np.arange(5000) if order == "an image a cell" else numbers * 0
    table = write_cells(tmp_path / "cells.parquet", np.char.add("image ", numbers.astype(str)))
    output = run(tmp_path / "cells.parquet", save("model"), steps)

    kept = table[table["dropped"] == ""]
    own = make_up(np.arange(len(kept)))
    expected = average_with_image_mean(own, pd.factorize(kept["image_id"])[0], WEIGHT)
    labels = call_classes(expected, None)
    whole = tmp_path / "whole.parquet"
    ids = kept["image_id"].tolist(), kept["cell_id"].to_numpy()
    write_predictions(whole, *ids, expected, labels=labels, image_weight=WEIGHT, calibrations=["none"])
    assert output.read_bytes() == whole.read_bytes()


@pytest.mark.usefixtures("made_up")
def test_a_further_cell_takes_some_bytes(tmp_path: Path, save: Save, steps) -> None:
    model, peaks = save("model"), []
    for images in (1000, 4000):
        cells = tmp_path / "cells.parquet"
        write_cells(cells, np.char.add("image ", np.repeat(np.arange(images), 20).astype(str)))
        tracemalloc.start()
        run(cells, model, steps)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # The probabilities alone would be 76 bytes a cell.
    assert peaks[1] - peaks[0] < 40 * 20 * 3000
