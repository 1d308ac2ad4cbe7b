"""The file of a shard, against zarr's own reader and writer."""

from pathlib import Path

import numpy as np
import pytest
import zarr
from numcodecs import zstd
from zarr.codecs import ZstdCodec

from data.tiles.shards.shard_file import ShardFile, write_shard

CHUNK_BYTES = 64


def make_array(folder: Path) -> "zarr.Array":
    return zarr.create_array(
        folder,
        shape=(7, 8, 8),
        dtype="uint8",
        chunks=(1, 8, 8),
        shards=(4, 8, 8),
        compressors=ZstdCodec(level=1, checksum=True),
        fill_value=0,
    )


def test_chunks_of_a_shard_that_zarr_wrote(tmp_path: Path) -> None:
    array = make_array(tmp_path / "a")
    values = np.random.default_rng(1).integers(0, 256, array.shape, np.uint8)
    values[2] = 0
    array[:] = values
    chunks = ShardFile(tmp_path / "a" / "c" / "0" / "0" / "0", 4).read(np.array([3, 2, 0]), CHUNK_BYTES)
    assert chunks[1] is None
    for chunk, row in ((chunks[0], 3), (chunks[2], 0)):
        assert zstd.decompress(chunk) == values[row].tobytes()


def test_zarr_reads_a_shard_that_was_put_together(tmp_path: Path) -> None:
    source, target = make_array(tmp_path / "a"), make_array(tmp_path / "b")
    values = np.random.default_rng(1).integers(0, 256, source.shape, np.uint8)
    source[:] = values
    first, second = (ShardFile(tmp_path / "a" / "c" / number / "0" / "0", 4) for number in ("0", "1"))
    chunks = [*second.read(np.array([2, 0]), CHUNK_BYTES), None, *first.read(np.array([1]), CHUNK_BYTES)]
    write_shard(tmp_path / "b" / "c" / "0" / "0" / "0", chunks)
    assert np.array_equal(target[:4], [values[6], values[4], np.zeros((8, 8), np.uint8), values[1]])


def test_shards_of_zeros_have_no_file(tmp_path: Path) -> None:
    write_shard(tmp_path / "0", [None, None])
    assert not (tmp_path / "0").exists()
    assert ShardFile(tmp_path / "0", 4).read(np.array([1, 3]), CHUNK_BYTES) == [None, None]


@pytest.mark.parametrize("length", [0, 3, 40])
def test_a_file_that_is_cut_short_is_damaged(tmp_path: Path, length: int) -> None:
    write_shard(tmp_path / "0", [bytes(zstd.compress(bytes(CHUNK_BYTES), 1))] * 4)
    (tmp_path / "0").write_bytes((tmp_path / "0").read_bytes()[:length])
    with pytest.raises(ValueError, match="the index of 0 does not agree"):
        ShardFile(tmp_path / "0", 4)


def test_a_chunk_of_another_length_is_damaged(tmp_path: Path) -> None:
    write_shard(tmp_path / "0", [bytes(zstd.compress(bytes(CHUNK_BYTES), 1))])
    with pytest.raises(ValueError, match="has 64 bytes, not 65"):
        ShardFile(tmp_path / "0", 1).read(np.array([0]), CHUNK_BYTES + 1)
