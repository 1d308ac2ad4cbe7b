import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data.cells.cells_table import write_cells
from data.labels.label_file import write_labels
from data.tiles.cell_tiles import TILE_SIZE
from stages.train.results import model_folders
from stages.train.settings import TrainSettings
from tests.factories.cells_table import make_cells_table
from tests.factories.context import QuietContext
from tests.factories.tile_store import write_tile_store

CELLS_PER_IMAGE = 3
Cells = tuple[tuple[int, ...], ...]
"""The classes of each cell."""

TINY = TrainSettings.model_validate(
    {
        "device": "cpu",
        "precision": "float32",
        "tiles": {"size": 32},
        "backbone": {"name": "test_efficientnet", "pretrained": "none"},
        "head": {"embedding": 16},
        "optimiser": {"learning_rate": 0.005},
        "fit": {"epochs": 3, "batch_size": 8},
    }
)
"""Settings with which a training takes a second."""


@dataclass(frozen=True)
class TileFolder:
    """Tiles, cells table and labels of some made-up images."""

    tiles: Path
    cells: Path
    labels: Path


def paint(random: np.random.Generator, classes: tuple[int, ...]) -> np.ndarray:
    """A tile whose green channel has a grating for each class, as wide as the class number says."""
    y, x = np.mgrid[:TILE_SIZE, :TILE_SIZE]
    tile = np.full((4, TILE_SIZE, TILE_SIZE), 60.0)
    for label in classes:
        angle = random.uniform(0, np.pi)
        along = x * np.cos(angle) + y * np.sin(angle)
        tile[1] += 100 / len(classes) * (np.sin(2 * np.pi * along / (14.0 * (label + 1))) > 0)
    return np.clip(tile + random.normal(0, 8, tile.shape), 0, 255).astype(np.uint8)


@pytest.fixture(scope="session")
def painted(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Cells], Path]:
    """Paint a store of cells of some classes, once for all tests that ask for these; they copy it."""
    stores: dict[Cells, Path] = {}

    def paint_once(cells: Cells) -> Path:
        if cells not in stores:
            random = np.random.default_rng(1)
            path = tmp_path_factory.mktemp("painted") / "tiles.zarr"
            write_tile_store(path, np.stack([paint(random, classes) for classes in cells]))
            stores[cells] = path
        return stores[cells]

    return paint_once


@pytest.fixture
def make_tiles(tmp_path: Path, painted: Callable[[Cells], Path]) -> Callable[..., TileFolder]:
    def make(labels: dict[str, tuple[int, ...]], dropped: dict[int, str] | None = None) -> TileFolder:
        image_ids = [image_id for image_id in labels for _ in range(CELLS_PER_IMAGE)]
        table = make_cells_table(image_ids)
        for row, reason in (dropped or {}).items():
            table.loc[row, "dropped"] = reason
        folder = TileFolder(tmp_path / "tiles.zarr", tmp_path / "cells.parquet", tmp_path / "train.csv")
        write_cells(folder.cells, table)
        write_labels(folder.labels, {key: value for key, value in labels.items() if value})
        shutil.rmtree(folder.tiles, ignore_errors=True)
        store = painted(tuple(labels[image] for image in image_ids))
        shutil.copytree(store, folder.tiles, copy_function=shutil.copyfile)
        return folder

    return make


@pytest.fixture
def tiny() -> TrainSettings:
    return TINY


def change(settings: TrainSettings, **sections: Any) -> TrainSettings:
    """Return the settings with some changed; a dict changes a nested table's."""
    values = settings.model_dump()
    if "images" in sections:
        # The kind of loss goes with it.
        values["loss"] = {}
    for name, value in sections.items():
        values[name] = values[name] | value if isinstance(value, dict) else value
    return TrainSettings.model_validate(values)


@pytest.fixture
def changed() -> Callable[..., TrainSettings]:
    """Return changed settings."""
    return change


@pytest.fixture
def no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw no curves, which takes longer than tiny trainings."""
    for name in ("draw_curves", "draw_together"):
        monkeypatch.setattr(model_folders, name, lambda path, *_: path.touch())


@pytest.fixture
def steps() -> type[QuietContext]:
    return QuietContext
