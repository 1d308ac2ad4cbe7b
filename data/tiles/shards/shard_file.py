"""The file of a Zarr shard: compressed chunks one after the other, then an index of where each lies.

As the specification of Zarr's codec ``sharding_indexed`` says (zarr-specs.readthedocs.io, 1.0), for an
index at the end with a CRC-32C behind it.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from google_crc32c import value as crc32c
from numcodecs import zstd  # pyright: ignore[reportAttributeAccessIssue]
from numpy.typing import NDArray

from data.atomic import atomic_write

ABSENT = 2**64 - 1
"""What the index says of a chunk of zeros, which is not stored."""

_ENTRY_BYTES, _SUM_BYTES = 16, 4


def name_shard_file(array: str, number: int, dimensions: int) -> str:
    """Return the name of a shard's file in a group; arrays are divided into shards by rows alone."""
    return "/".join([array, "c", str(number), *["0"] * (dimensions - 1)])


class ShardFile:
    """Read compressed chunks of a shard.

    Parameters
    ----------
    path
        The file; there is none for a shard of zeros.
    count
        Chunks in a shard.

    Raises
    ------
    ValueError
        The index does not agree with its checksum.
    """

    def __init__(self, path: Path, count: int) -> None:
        self._path = path
        self._places = _read_places(path, count) if path.is_file() else None

    def read(self, numbers: NDArray[np.integer], chunk_bytes: int) -> list[bytes | None]:
        """Read some chunks as they are, each checked by its own checksum.

        Parameters
        ----------
        numbers
            (n,) numbers of the chunks in the shard.
        chunk_bytes
            How long each is once it is decompressed.

        Returns
        -------
        list
            The compressed bytes, None for a chunk of zeros.

        Raises
        ------
        ValueError
            A chunk is damaged.
        """
        if self._places is None:
            return [None] * len(numbers)
        chunks: list[bytes | None] = []
        with self._path.open("rb") as file:
            for offset, length in self._places[numbers].tolist():
                if offset == ABSENT:
                    chunks.append(None)
                    continue
                file.seek(offset)
                chunk = file.read(length)
                _check(chunk, chunk_bytes, self._path)
                chunks.append(chunk)
        return chunks


def write_shard(path: Path, chunks: Sequence[bytes | None]) -> None:
    """Write a shard of compressed chunks; none is written where all are of zeros."""
    stored = [chunk for chunk in chunks if chunk is not None]
    if not stored:
        return
    places = np.full((len(chunks), 2), ABSENT, "<u8")
    offset = 0
    for number, chunk in enumerate(chunks):
        if chunk is not None:
            places[number] = offset, len(chunk)
            offset += len(chunk)
    index = places.tobytes()
    with atomic_write(path) as temporary, temporary.open("wb") as file:
        file.writelines(stored)
        file.write(index)
        file.write(crc32c(index).to_bytes(_SUM_BYTES, "little"))


def _read_places(path: Path, count: int) -> NDArray[np.uint64]:
    length = count * _ENTRY_BYTES
    with path.open("rb") as file:
        file.seek(-min(length + _SUM_BYTES, path.stat().st_size), 2)
        index, checksum = file.read(length), file.read(_SUM_BYTES)
    if len(checksum) != _SUM_BYTES or crc32c(index) != int.from_bytes(checksum, "little"):
        message = f"the index of {path.name} does not agree with its checksum"
        raise ValueError(message)
    return np.frombuffer(index, "<u8").reshape(count, 2)


def _check(chunk: bytes, chunk_bytes: int, path: Path) -> None:
    """Decompress a chunk, which compares it with its checksum."""
    try:
        length = len(zstd.decompress(chunk))
    except RuntimeError as error:
        message = f"a chunk of {path.name} is damaged ({error})"
        raise ValueError(message) from None
    if length != chunk_bytes:
        message = f"a chunk of {path.name} has {length} bytes, not {chunk_bytes}"
        raise ValueError(message)
