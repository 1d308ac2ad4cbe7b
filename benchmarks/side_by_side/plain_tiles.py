"""Tiles as a user's plain loop has them: a PNG file each, read, resized and changed one by one."""

from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from data.augment.augmentation import Augmentation
from data.tiles.cell_tiles import TILE_SIZE, CellTiles
from data.tiles.tile_store import TileStore
from data.tiles.tile_writer import TileWriter


def draw_tiles(count: int) -> NDArray[np.uint8]:
    """Draw tiles (n, 4, 256, 256) of blurred noise, which packs about as well as cells do."""
    random = np.random.default_rng(0)
    coarse = random.integers(0, 256, (count, 4, TILE_SIZE // 4, TILE_SIZE // 4), dtype=np.uint8)
    grain = random.integers(0, 8, (count, 4, TILE_SIZE, TILE_SIZE), dtype=np.uint8)
    return coarse.repeat(4, axis=2).repeat(4, axis=3) // 2 + grain


def write_store(path: Path, tiles: NDArray[np.uint8]) -> TileStore:
    """Write tiles as ``hpacells crops`` does."""
    masks = np.ones((len(tiles), TILE_SIZE, TILE_SIZE), bool)
    writer = TileWriter(path, len(tiles), "benchmark")
    writer.append(CellTiles(tiles, masks, masks, np.zeros((len(tiles), 4), np.float32)))
    writer.finish()
    return TileStore(path)


def write_files(folder: Path, tiles: NDArray[np.uint8]) -> list[Path]:
    """Write each tile as a PNG file whose four channels are those of the tile."""
    folder.mkdir()
    paths = [folder / f"{number}.png" for number in range(len(tiles))]
    for path, tile in zip(paths, tiles, strict=True):
        # OpenCV writes the third channel first.
        cv2.imwrite(str(path), np.ascontiguousarray(tile[[2, 1, 0, 3]].transpose(1, 2, 0)))
    return paths


class PlainTiles(Dataset[tuple[Tensor, Tensor]]):
    """Read a tile's file, resize it and change it, when it is asked for.

    Parameters
    ----------
    paths
        The files.
    size
        Side in px to which tiles are resized.
    augmentation
        How they are changed, or None.
    """

    def __init__(self, paths: list[Path], size: int, augmentation: Augmentation | None = None) -> None:
        self._paths, self._size, self._augmentation = paths, size, augmentation

    def __len__(self) -> int:
        """Count the tiles."""
        return len(self._paths)

    def __getitem__(self, number: int) -> tuple[Tensor, Tensor]:
        """Return a tile (C, S, S) uint8 and its number."""
        image = cv2.imread(str(self._paths[number]), cv2.IMREAD_UNCHANGED)
        if image is None:
            raise FileNotFoundError(self._paths[number])
        image = cv2.cvtColor(image, cv2.COLOR_BGRA2RGBA)
        image = cv2.resize(image, (self._size, self._size), interpolation=cv2.INTER_AREA)
        if self._augmentation is not None:
            image = self._augmentation(image.astype(np.uint8, copy=False), number)
        return torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1))), torch.tensor(number)


def plain_loader(tiles: PlainTiles, batch_size: int, *, shuffle: bool) -> DataLoader[tuple[Tensor, Tensor]]:
    """Make batches in the main thread."""
    return DataLoader(tiles, batch_size=batch_size, shuffle=shuffle, num_workers=0)
