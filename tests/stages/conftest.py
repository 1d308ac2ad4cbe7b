from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from data.cells.cells_table import COLUMN_TYPES, write_cells
from data.labels.label_file import write_labels
from data.tiles.cell_tiles import TILE_SIZE, CellTiles
from data.tiles.tile_store import TileWriter
from stages.train import run as train
from stages.train.settings import TrainSettings

CELLS_AN_IMAGE = 3

TINY = TrainSettings.model_validate(
    {
        "device": "cpu",
        "precision": "float32",
        "tiles": {"size": 32},
        "backbone": {"name": "test_efficientnet", "pretrained": "none"},
        "head": {"embedding": 16},
        "optimiser": {"learning_rate": 0.005},
        "schedule": {"epochs": 3, "batch_size": 8},
    }
)
"""Settings with which a training takes a second."""


class Steps:
    """A context that counts steps, and interrupts after some of them if told so."""

    def __init__(self, interrupt_after: int | None = None) -> None:
        self.done, self.total, self._interrupt_after = 0, 0, interrupt_after

    def map(self, *_: object, **__: object) -> Iterator[tuple[object, object]]:
        raise NotImplementedError

    @contextmanager
    def track(self, description: str, total: int) -> Iterator[Callable[[int], None]]:
        self.total = total
        yield self._advance

    def _advance(self, steps: int) -> None:
        self.done += steps
        if self._interrupt_after is not None and self.done >= self._interrupt_after:
            raise KeyboardInterrupt


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


@pytest.fixture
def make_tiles(tmp_path: Path) -> Callable[..., TileFolder]:
    def make(labels: dict[str, tuple[int, ...]], dropped: dict[int, str] | None = None) -> TileFolder:
        random = np.random.default_rng(1)
        image_ids = [image_id for image_id in labels for _ in range(CELLS_AN_IMAGE)]
        count = len(image_ids)
        table = pd.DataFrame({name: pd.Series([0] * count) for name in COLUMN_TYPES})
        table["image_id"], table["rle"], table["dropped"] = image_ids, "", ""
        table["group"], table["image_hash"] = image_ids, ""
        table["cell_id"] = list(range(1, CELLS_AN_IMAGE + 1)) * len(labels)
        for row, reason in (dropped or {}).items():
            table.loc[row, "dropped"] = reason
        folder = TileFolder(tmp_path / "tiles.zarr", tmp_path / "cells.parquet", tmp_path / "train.csv")
        write_cells(folder.cells, table)
        write_labels(folder.labels, {key: value for key, value in labels.items() if value})
        writer = TileWriter(folder.tiles, count, "key")
        masks = np.ones((count, TILE_SIZE, TILE_SIZE), bool)
        painted = np.stack([paint(random, labels[image_id]) for image_id in image_ids])
        writer.append(CellTiles(painted, masks, masks, np.zeros((count, 4), np.float32)))
        writer.finish()
        return folder

    return make


@pytest.fixture
def tiny() -> TrainSettings:
    return TINY


def change(settings: TrainSettings, **sections: Any) -> TrainSettings:
    """Give the settings with some changed; a dict changes a nested table's."""
    values = settings.model_dump()
    if "images" in sections:
        # The kind of loss goes with it.
        values["loss"] = {}
    for name, value in sections.items():
        values[name] = values[name] | value if isinstance(value, dict) else value
    return TrainSettings.model_validate(values)


@pytest.fixture
def changed() -> Callable[..., TrainSettings]:
    """Give changed settings."""
    return change


@pytest.fixture
def no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw no curves, which takes longer than tiny trainings."""
    for name in ("draw_curves", "draw_together"):
        monkeypatch.setattr(train, name, lambda path, *_: path.touch())


@pytest.fixture
def steps() -> type[Steps]:
    return Steps
