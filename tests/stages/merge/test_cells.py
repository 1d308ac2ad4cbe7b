import json
from pathlib import Path

import numpy as np
import pytest

from data.channels import CHANNELS
from data.errors import InputError
from data.tiles.cell_tiles import CellTiles
from data.tiles.shards.compressed_rows import Chunks
from data.tiles.tile_store import TileStore
from data.tiles.tile_writer import TileWriter
from stages.merge.cells import join_tiles
from stages.merge.order import Run
from tests.factories.context import QuietContext

RUNS = [Run(1, 3), Run(0, 2), Run(1, 1), Run(0, 4), Run(1, 2)]
"""The fields of a set in order; of the third shard there are none."""


@pytest.fixture(autouse=True)
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.tiles.tile_writer.SHARD_TILES", 4)


def make_tiles() -> list[CellTiles]:
    rng = np.random.default_rng(0)
    return [
        CellTiles(
            rng.integers(0, 256, (run.rows, 4, 256, 256), np.uint8),
            rng.random((run.rows, 256, 256)) < 0.5,
            rng.random((run.rows, 256, 256)) < 0.5,
            rng.random((run.rows, 4)).astype(np.float32),
        )
        for run in RUNS
    ]


def write(path: Path, tiles: list[CellTiles], channels: tuple[str, ...] = CHANNELS) -> Path:
    writer = TileWriter(path, sum(len(part.tiles) for part in tiles), "key", channels)
    for part in tiles:
        writer.append(part)
    writer.finish()
    return path


def read(store: Path) -> dict[str, bytes]:
    return {str(path.relative_to(store)): path.read_bytes() for path in store.rglob("*") if path.is_file()}


def shards_of(tmp_path: Path, tiles: list[CellTiles], channels: tuple[str, ...] = CHANNELS) -> list[Path]:
    own = [[part for part, run in zip(tiles, RUNS, strict=True) if run.shard == shard] for shard in range(3)]
    return [write(tmp_path / f"{shard}.zarr", parts, channels) for shard, parts in enumerate(own)]


@pytest.mark.parametrize("channels", [CHANNELS, ("green", "blue")])
def test_the_joined_store_is_that_of_one_run(tmp_path: Path, channels: tuple[str, ...]) -> None:
    tiles = make_tiles()
    for part in tiles:
        part.tiles[:, [channel not in channels for channel in CHANNELS]] = 0
    single = write(tmp_path / "single.zarr", tiles, channels)
    join_tiles(shards_of(tmp_path, tiles, channels), RUNS, tmp_path / "joined.zarr", "key", QuietContext())
    assert read(tmp_path / "joined.zarr") == read(single)
    assert TileStore(tmp_path / "joined.zarr").channels == channels


def test_black_tiles_stay_black(tmp_path: Path) -> None:
    tiles = make_tiles()
    for part in tiles[:2]:
        part.cell_masks[:] = False
        part.tiles[1:] = 0
    # A whole shard of black tiles has no file.
    for part in tiles[3:]:
        part.tiles[:] = 0
    single = write(tmp_path / "single.zarr", tiles)
    join_tiles(shards_of(tmp_path, tiles), RUNS, tmp_path / "joined.zarr", "key", QuietContext())
    assert not (single / "tiles" / "c" / "2").exists()
    assert read(tmp_path / "joined.zarr") == read(single)


@pytest.mark.parametrize("place", [-3, -40, 1000])
def test_a_flipped_bit_is_not_copied(tmp_path: Path, place: int) -> None:
    shards = shards_of(tmp_path, make_tiles())
    file = shards[1] / "tiles" / "c" / "0" / "0" / "0" / "0"
    content = bytearray(file.read_bytes())
    content[place] ^= 1
    file.write_bytes(content)
    with pytest.raises(InputError, match=r"1\.zarr: a part .* is missing or damaged.*run `hpacells crops`"):
        join_tiles(shards, RUNS, tmp_path / "joined.zarr", "key", QuietContext())
    assert not (tmp_path / "joined.zarr").exists()


def test_stores_that_are_compressed_otherwise_are_refused(tmp_path: Path) -> None:
    shards = shards_of(tmp_path, make_tiles())
    metadata = shards[2] / "cell_mask" / "zarr.json"
    changed = json.loads(metadata.read_text())
    changed["codecs"][0]["configuration"]["codecs"][1]["configuration"]["checksum"] = False
    metadata.write_text(json.dumps(changed))
    (shards[2] / "contents.json").unlink()
    with pytest.raises(InputError, match=r"2\.zarr: cell_mask compressed otherwise"):
        join_tiles(shards, RUNS, tmp_path / "joined.zarr", "key", QuietContext())


def test_an_interrupted_join_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tiles = make_tiles()
    shards, joined = shards_of(tmp_path, tiles), tmp_path / "joined.zarr"
    appended: list[int] = []
    append = TileWriter.append_shard

    def append_one(writer: TileWriter, chunks: Chunks, means: np.ndarray) -> None:
        if appended:
            raise KeyboardInterrupt
        appended.append(len(means))
        append(writer, chunks, means)

    with monkeypatch.context() as patched:
        patched.setattr(TileWriter, "append_shard", append_one)
        with pytest.raises(KeyboardInterrupt):
            join_tiles(shards, RUNS, joined, "key", QuietContext())
    appended.clear()

    def append_counted(writer: TileWriter, chunks: Chunks, means: np.ndarray) -> None:
        appended.append(len(means))
        append(writer, chunks, means)

    monkeypatch.setattr(TileWriter, "append_shard", append_counted)
    join_tiles(shards, RUNS, joined, "key", QuietContext())
    assert sum(appended) == 12 - 4
    assert read(joined) == read(write(tmp_path / "single.zarr", tiles))


def test_stores_of_other_channels_are_refused(tmp_path: Path) -> None:
    tiles = make_tiles()
    shards = shards_of(tmp_path, tiles)
    write(tmp_path / "other.zarr", tiles[:1], ("green", "blue"))
    with pytest.raises(InputError, match=r"other\.zarr: tiles of green, blue, preset cell"):
        join_tiles([shards[0], tmp_path / "other.zarr"], RUNS, tmp_path / "x.zarr", "key", QuietContext())
