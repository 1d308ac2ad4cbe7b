"""Predictions on their way to the table: in memory for a field, or on disk, where a killed run goes on."""

import json
import shutil
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from data.atomic import atomic_write

BLOCK_CELLS = 4096
"""Cells in a block at most; 25 MB of the longest embeddings."""

BLOCK_SECONDS = 30.0
"""A block is written after this time at the latest: so much work is lost with a killed run."""


class Block(NamedTuple):
    """What classifiers say of n cells that follow each other.

    Attributes
    ----------
    probabilities
        (n, classes) float32.
    embedding
        (n, E) float32 or float16; (n, 0) where none is kept.
    """

    probabilities: NDArray[np.float32]
    embedding: NDArray[np.floating]

    def cut(self, cells: slice) -> "Block":
        """Return some of the cells."""
        return Block(self.probabilities[cells], self.embedding[cells])


class PredictionBlocks(Protocol):
    """Blocks of predictions, part by part: a part is what some classifiers say of all cells, in order."""

    def count_done(self, part: int) -> int:
        """Count the cells of a part that an earlier run has predicted."""
        ...

    def add(self, part: int, block: Block) -> None:
        """Take the next cells of a part."""
        ...

    def close(self, part: int) -> None:
        """Keep what was taken of a part, after its last cell."""
        ...

    def read(self, part: int) -> Iterator[Block]:
        """Read the blocks of a part, in order."""
        ...


class SuccessiveBlocks:
    """Take the cells of a part in their order, as many as are asked for each time.

    Parameters
    ----------
    blocks
        The blocks of the part.
    """

    def __init__(self, blocks: Iterator[Block]) -> None:
        self._blocks, self._waiting = blocks, list[Block]()

    def take(self, count: int) -> Block:
        """Take the next cells, one or more.

        Raises
        ------
        ValueError
            There are fewer.
        """
        taken, missing = list[Block](), count
        while missing:
            block = self._waiting.pop() if self._waiting else next(self._blocks, None)
            if block is None:
                message = f"{count} cells, {count - missing} predictions"
                raise ValueError(message)
            taken.append(block.cut(slice(missing)))
            if len(block.probabilities) > missing:
                self._waiting.append(block.cut(slice(missing, None)))
            missing -= len(taken[-1].probabilities)
        return _join(taken)


class BlocksInMemory:
    """Blocks that are kept in memory, as those of one field are."""

    def __init__(self) -> None:
        self._blocks: dict[int, list[Block]] = {}

    def count_done(self, part: int) -> int:
        """Count the cells of a part that an earlier run has predicted: none."""
        return 0

    def add(self, part: int, block: Block) -> None:
        """Take the next cells of a part."""
        self._blocks.setdefault(part, []).append(block)

    def close(self, part: int) -> None:
        """Do nothing: all is kept."""

    def read(self, part: int) -> Iterator[Block]:
        """Read the blocks of a part, in order."""
        yield from self._blocks.get(part, [])


class BlocksOnDisk:
    """Blocks in a folder, each in a file of its own; what an earlier run of the same key left is used.

    Parameters
    ----------
    folder
        The folder, which is emptied if it is of another key.
    key
        What the predictions depend on.
    """

    def __init__(self, folder: Path, key: str) -> None:
        self._folder, self._waiting = folder, list[Block]()
        self._since = time.monotonic()
        path = folder / "key.json"
        try:
            is_same = json.loads(path.read_text()) == key
        except (OSError, ValueError):
            is_same = False
        if not is_same:
            # What cannot be removed must not pass for blocks of this key.
            if folder.exists():
                shutil.rmtree(folder)
            with atomic_write(path) as temporary:
                temporary.write_text(json.dumps(key))
        self._done: dict[int, int] = {}

    def count_done(self, part: int) -> int:
        """Count the cells of a part that an earlier run has predicted; damaged blocks are removed."""
        if part not in self._done:
            self._done[part] = 0
            files = self._files(part)
            for number, path in enumerate(files):
                block = _load(path)
                if block is None or _start(path) != self._done[part]:
                    for lost in files[number:]:
                        lost.unlink()
                    break
                self._done[part] += len(block.probabilities)
        return self._done[part]

    def add(self, part: int, block: Block) -> None:
        """Take the next cells of a part, and write them once they are many or long ago."""
        self._waiting.append(block)
        cells = sum(len(block.probabilities) for block in self._waiting)
        if cells >= BLOCK_CELLS or time.monotonic() - self._since >= BLOCK_SECONDS:
            self.close(part)

    def close(self, part: int) -> None:
        """Write what was taken of a part."""
        self._since = time.monotonic()
        if not self._waiting:
            return
        done = self.count_done(part)
        block = _join(self._waiting)
        with atomic_write(self._folder / f"{part}-{done:010d}.npz") as temporary:
            np.savez(temporary, **block._asdict())
        self._waiting = []
        self._done[part] = done + len(block.probabilities)

    def read(self, part: int) -> Iterator[Block]:
        """Read the blocks of a part, in order."""
        for path in self._files(part):
            block = _load(path)
            if block is None:
                message = f"{path} was damaged while it was in use"
                raise OSError(message)
            yield block

    def remove(self) -> None:
        """Remove the folder, once what is in it is kept elsewhere."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _files(self, part: int) -> list[Path]:
        return sorted(self._folder.glob(f"{part}-*.npz"))


def _join(blocks: list[Block]) -> Block:
    if len(blocks) == 1:
        return blocks[0]
    return Block(*(np.concatenate(arrays) for arrays in zip(*blocks, strict=True)))


def _start(path: Path) -> int:
    return int(path.stem.split("-")[1])


def _load(path: Path) -> Block | None:
    """Read a block; None where it is damaged, which its checksums tell."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return Block(arrays["probabilities"], arrays["embedding"])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
