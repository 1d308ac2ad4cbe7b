from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.cells.cells_table import read_cells
from data.errors import InputError
from data.fields.field import Field
from data.tiles.tile_store import TileStore
from tests.stages.crops.test_run import crop, small_shards, work

__all__ = ["small_shards", "work"]


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """IDs of the fields whose images are read, in order."""
    read: list[str] = []
    real = Field.read

    def counted(field: Field, *arguments: object) -> np.ndarray:
        read.append(field.image_id)
        return real(field, *arguments)

    monkeypatch.setattr(Field, "read", counted)
    return read


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("damage", [flip, Path.unlink])
def test_only_the_field_of_a_damaged_shard_is_cut_again(
    work: Path, reads: list[str], damage: Callable[[Path], None]
) -> None:
    crop(work)
    store, rows = work / "tiles.zarr", np.arange(12)
    expected, table = TileStore(store).read(rows), read_cells(work / "cells.parquet")
    damage(store / "tiles/c/1/0/0/0")
    with pytest.raises(InputError, match="run `hpacells crops` again"):
        TileStore(store).read(rows)
    reads.clear()
    crop(work)
    assert reads == ["b"]
    assert np.array_equal(TileStore(store).read(rows), expected)
    pd.testing.assert_frame_equal(read_cells(work / "cells.parquet"), table)


def test_where_the_hashes_are_lost_the_images_are_read_for_them(work: Path, reads: list[str]) -> None:
    original = (work / "cells.parquet").read_bytes()
    crop(work)
    table = read_cells(work / "cells.parquet")
    flip(work / "tiles.zarr/tiles/c/2/0/0/0")
    with pytest.raises(InputError):
        TileStore(work / "tiles.zarr").read(np.arange(12))
    # As the segment stage collects it again.
    (work / "cells.parquet").write_bytes(original)
    reads.clear()
    crop(work)
    assert sorted(reads) == ["a", "b", "c"]
    pd.testing.assert_frame_equal(read_cells(work / "cells.parquet"), table)


def test_a_field_that_could_not_be_read_is_named_again(work: Path) -> None:
    (work / "images/a_green.png").write_bytes(b"no picture")
    first = crop(work)
    (work / "tiles.zarr/tiles/c/1/0/0/0").unlink()
    with pytest.raises(InputError):
        TileStore(work / "tiles.zarr")
    again = crop(work)
    assert again.failures == first.failures
    assert [failure.where for failure in again.failures] == ["a"]
