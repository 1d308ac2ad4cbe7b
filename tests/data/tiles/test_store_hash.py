import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from data.tiles import store_hash
from data.tiles.store_hash import hash_store
from tests.factories.tile_store import write_tile_store


def make_store(path: Path, seed: int = 1) -> Path:
    tiles = np.random.default_rng(seed).integers(0, 256, (3, 4, 256, 256), np.uint8)
    write_tile_store(path, tiles)
    return path


def test_equal_content_has_one_hash_wherever_it_lies(tmp_path: Path) -> None:
    store = make_store(tmp_path / "a" / "tiles.zarr")
    copied = Path(shutil.copytree(store, tmp_path / "b" / "tiles.zarr", copy_function=shutil.copyfile))
    first = hash_store(store, tmp_path / "a.json")
    assert hash_store(copied, tmp_path / "b.json") == hash_store(store, tmp_path / "a.json") == first


def test_other_tiles_have_another_hash_though_their_files_are_as_long(tmp_path: Path) -> None:
    stores = [make_store(tmp_path / str(seed) / "tiles.zarr", seed) for seed in (1, 2)]
    # Noise cannot be compressed.
    sizes = [sorted(path.stat().st_size for path in store.rglob("*") if path.is_file()) for store in stores]
    assert sizes[0] == sizes[1]
    assert len({hash_store(store, tmp_path / "hashes.json") for store in stores}) == 2


def test_what_has_not_changed_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, remembered = make_store(tmp_path / "tiles.zarr"), tmp_path / "hashes.json"
    first = hash_store(store, remembered)
    read: list[Path] = []
    hash_file = store_hash.hash_file
    monkeypatch.setattr(store_hash, "hash_file", lambda path: read.append(path) or hash_file(path))
    assert hash_store(store, remembered) == first
    assert not read
    (changed,) = sorted(path for path in (store / "tiles").rglob("*") if path.stat().st_size > 10_000)[:1]
    content = bytearray(changed.read_bytes())
    content[100] ^= 1
    changed.write_bytes(content)
    os.utime(changed, ns=(1, 1))
    assert hash_store(store, remembered) != first
    assert read == [changed]


@pytest.mark.parametrize("content", ["", "[]", '{"zarr.json": 3}', '{"zarr.json": ["1"]}', "\0"])
def test_what_cannot_be_remembered_is_read_again(tmp_path: Path, content: str) -> None:
    store, remembered = make_store(tmp_path / "tiles.zarr"), tmp_path / "hashes.json"
    first = hash_store(store, remembered)
    remembered.write_text(content)
    assert hash_store(store, remembered) == first
    assert "zarr.json" in json.loads(remembered.read_text())
