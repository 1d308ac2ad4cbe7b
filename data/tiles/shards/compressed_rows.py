"""Rows of a tile store as they are compressed, to be put into another store as they are."""

import json
import math
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.errors import InputError
from data.tiles.shards.shard_file import ShardFile, name_shard_file
from data.tiles.shards.store_contents import damaged

ARRAYS = ("tiles", "cell_mask", "nucleus_mask")
"""The arrays of a store that are sharded."""

Chunks = dict[str, list[bytes | None]]
"""The compressed chunks of some rows of each of `ARRAYS`, one row after the other; None for zeros."""


class CompressedRows:
    """Read rows of a finished tile store without decoding them for use; their checksums are compared.

    Parameters
    ----------
    store
        The ``tiles.zarr`` folder.
    """

    def __init__(self, store: Path) -> None:
        self._store = store
        self._layouts = {name: read_layout(store, name) for name in ARRAYS}
        # Rows come field by field, which lie in one or two shards; an index has 16 bytes a chunk.
        self._open = lru_cache(maxsize=16)(self._open_shard)

    def read(self, rows: NDArray[np.integer]) -> Chunks:
        """Read some rows, (n,) numbers of at least one.

        Raises
        ------
        InputError
            A part of the store is damaged.
        """
        try:
            return {name: self._read_array(name, rows) for name in ARRAYS}
        except (OSError, ValueError) as error:
            raise damaged(self._store, f"a part ({error})") from None

    def _read_array(self, name: str, rows: NDArray[np.integer]) -> list[bytes | None]:
        layout = self._layouts[name]
        shards, places = np.divmod(rows, layout.rows)
        numbers = places[:, None] * layout.chunks + np.arange(layout.chunks)
        chunks: list[bytes | None] = []
        # A file is opened once for the rows that follow each other in it.
        for run in np.split(np.arange(len(rows)), np.flatnonzero(np.diff(shards)) + 1):
            shard = self._open(name, int(shards[run[0]]))
            chunks += shard.read(numbers[run].ravel(), layout.chunk_bytes)
        return chunks

    def _open_shard(self, name: str, number: int) -> ShardFile:
        layout = self._layouts[name]
        return ShardFile(self._store / layout.file(number), layout.rows * layout.chunks)


class Layout:
    """How an array of a tile store is divided into shards and chunks.

    Parameters
    ----------
    name
        Of the array.
    metadata
        What its ``zarr.json`` says.

    Attributes
    ----------
    rows
        Rows in a shard.
    chunks
        Chunks in a row.
    chunk_bytes
        Bytes of a chunk that is not compressed; items have one each.
    codecs
        How chunks are compressed and shards laid out.
    """

    def __init__(self, name: str, metadata: dict[str, Any]) -> None:
        self._name = name
        row = metadata["shape"][1:]
        self.rows = int(metadata["chunk_grid"]["configuration"]["chunk_shape"][0])
        self.codecs = metadata["codecs"]
        chunk = self.codecs[0]["configuration"]["chunk_shape"]
        self.chunk_bytes = math.prod(chunk)
        self.chunks = math.prod(row) // self.chunk_bytes
        self._dimensions = len(metadata["shape"])

    def file(self, shard: int) -> str:
        """Return the name of a shard's file in the store."""
        return name_shard_file(self._name, shard, self._dimensions)


def read_layout(store: Path, name: str) -> Layout:
    """Read how an array of a store is laid out.

    Raises
    ------
    InputError
        Its metadata are missing or damaged.
    """
    try:
        return Layout(name, json.loads((store / name / "zarr.json").read_text()))
    except (OSError, ValueError, KeyError, IndexError, TypeError):
        raise damaged(store, f"{name}/zarr.json") from None


def check_alike(stores: Sequence[Path]) -> None:
    """Check that rows of some stores can be put into one.

    Raises
    ------
    InputError
        They are compressed, or divided into chunks, in different ways.
    """
    for name in ARRAYS:
        first = read_layout(stores[0], name).codecs
        for store in stores[1:]:
            if read_layout(store, name).codecs != first:
                raise InputError(
                    found=f"{name} compressed otherwise than in {stores[0]}",
                    where=store,
                    expected="tiles that one version of hpacells cut",
                    advice="cut that shard again",
                )
