import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
import torch

from models.weights.folder import FOLDER_VARIABLE
from tests.factories import subcell


@pytest.fixture
def store(tmp_path, monkeypatch):
    """An empty store of weights."""
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "store"))
    return tmp_path / "store"


@pytest.fixture
def large_store(monkeypatch):
    """A store that is removed at the end; pytest's own would keep gigabytes of several runs."""
    with TemporaryDirectory() as folder:
        monkeypatch.setenv(FOLDER_VARIABLE, str(Path(folder) / "store"))
        yield Path(folder) / "store"


@pytest.fixture(scope="session")
def write_published(shared: Path) -> Callable[[Path, str, int], None]:
    """Write stand-ins for the published files of a channel set into a folder."""
    return partial(subcell.write_published, shared)


@pytest.fixture(scope="session")
def golden_tiles() -> Callable[[str, int, int], torch.Tensor]:
    """Make the input that the reference answers are for."""

    def make(channels: str, height: int, width: int) -> torch.Tensor:
        random = np.random.default_rng(zlib.crc32(f"{channels}/{height}x{width}/0".encode()))
        fine = random.integers(0, 256, (2, len(channels), height, width), np.uint8)
        coarse = random.integers(0, 256, (2, len(channels), height // 16, width // 16), np.uint8)
        coarse = coarse.repeat(16, 2).repeat(16, 3)
        tiles = ((fine.astype(np.uint16) + 3 * coarse.astype(np.uint16)) // 4).astype(np.float32)
        least, most = (bound(tiles, axis=(1, 2, 3), keepdims=True) for bound in (np.min, np.max))
        return torch.from_numpy((tiles - least) / (most - least + np.float32(1e-6)))

    return make
