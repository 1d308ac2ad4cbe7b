from pathlib import Path

import numpy as np
import pytest

import data.predictions.prediction_blocks as prediction_blocks
from data.predictions.prediction_blocks import Block, BlocksInMemory, BlocksOnDisk


def make(start: int, stop: int) -> Block:
    numbers = np.arange(start, stop, dtype=np.float32)[:, None]
    return Block(numbers, numbers * np.float16(2))


def read(blocks: BlocksOnDisk | BlocksInMemory, part: int) -> list[float]:
    return [value for block in blocks.read(part) for value in block.probabilities[:, 0].tolist()]


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prediction_blocks, "BLOCK_CELLS", 4)


def test_parts_are_read_in_order(tmp_path: Path) -> None:
    for blocks in (BlocksInMemory(), BlocksOnDisk(tmp_path / "blocks", "key")):
        for part in (1, 0):
            for start in range(0, 9, 3):
                blocks.add(part, make(start, start + 3))
            blocks.close(part)
            assert read(blocks, part) == list(range(9))
    assert sorted(path.name for path in (tmp_path / "blocks").glob("0-*")) == [
        "0-0000000000.npz",
        "0-0000000006.npz",
    ]


def test_an_interrupted_run_goes_on_at_the_next_block(tmp_path: Path) -> None:
    killed = BlocksOnDisk(tmp_path, "key")
    killed.add(0, make(0, 5))
    killed.add(0, make(5, 7))
    later = BlocksOnDisk(tmp_path, "key")
    assert (later.count_done(0), later.count_done(1)) == (5, 0)
    later.add(0, make(5, 7))
    later.close(0)
    assert read(later, 0) == list(range(7))
    embeddings = np.concatenate([block.embedding for block in later.read(0)])
    np.testing.assert_array_equal(embeddings[:, 0], np.arange(7) * 2)
    later.remove()
    assert not tmp_path.exists()


def test_blocks_of_another_key_are_thrown_away(tmp_path: Path) -> None:
    blocks = BlocksOnDisk(tmp_path, "key")
    blocks.add(0, make(0, 5))
    assert BlocksOnDisk(tmp_path, "other").count_done(0) == 0
    assert BlocksOnDisk(tmp_path, "key").count_done(0) == 0


def test_blocks_from_a_damaged_one_on_are_done_again(tmp_path: Path) -> None:
    blocks = BlocksOnDisk(tmp_path, "key")
    for start in (0, 5, 10):
        blocks.add(0, make(start, start + 5))
    path = tmp_path / "0-0000000005.npz"
    content = bytearray(path.read_bytes())
    content[content.index(b"probabilities") + 150] ^= 1
    path.write_bytes(content)
    again = BlocksOnDisk(tmp_path, "key")
    assert again.count_done(0) == 5
    assert [path.name for path in sorted(tmp_path.glob("0-*"))] == ["0-0000000000.npz"]


def test_a_block_is_written_after_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prediction_blocks, "BLOCK_SECONDS", 0.0)
    BlocksOnDisk(tmp_path, "key").add(0, make(0, 1))
    assert BlocksOnDisk(tmp_path, "key").count_done(0) == 1
