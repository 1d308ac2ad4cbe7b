"""Writing the tile store ``tiles.zarr``, shard by shard."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import zarr
from numpy.typing import NDArray
from zarr.codecs import ZstdCodec

from data.atomic import put_in_place, remove_replaced
from data.channels import CHANNELS
from data.tiles.cell_tiles import TILE_SIZE, CellTiles
from data.tiles.shards.array_rows import IN_ORDER
from data.tiles.shards.compressed_rows import ARRAYS, Chunks, read_layout
from data.tiles.shards.room import room_told
from data.tiles.shards.salvage import take_whole_shards
from data.tiles.shards.shard_file import write_shard
from data.tiles.shards.store_contents import DAMAGED, refuse_strangers, write_contents
from data.tiles.shards.store_progress import Progress, read_progress, record_progress, remove_unfinished_store
from data.tiles.tile_presets import FIELD, PRESETS, TilesName
from data.tiles.tile_store import ABSENT, PRESET, TileStore

SHARD_TILES = 256
"""Tiles of 256 px in a shard, of larger ones fewer: what is written at once (100 MB with masks), and where an
interrupted run goes on."""

FORMAT_VERSION = 1

_COMPRESSOR = ZstdCodec(level=1, checksum=True)
"""With a checksum, which costs no time that could be measured: else a flipped bit is read as other pixels."""


class TileWriter:
    """Write a tile store shard by shard, and go on where an interrupted run of the same key stopped.

    Until ``finish`` the store lies beside its final place, in a folder that no reader opens.

    Parameters
    ----------
    path
        The ``tiles.zarr`` folder that ``finish`` puts in place, over an older one.
    count
        Rows of the finished store.
    key
        What the tiles depend on; an unfinished store of another key is thrown away, and so is one that was
        cut with other versions of the libraries that make pixels. Of a finished store of this key that is
        damaged, the whole shards are kept.
    channels
        The channels that the images have; the planes of the others are empty.
    preset
        The preset by which the tiles are cut, or "field".
    size
        Side of a tile in px; that of the preset if None.

    Raises
    ------
    InputError
        The older store holds files that hpacells did not write.

    Attributes
    ----------
    rows_written
        So many rows from the first on are written.
    mends
        Whether whole shards of a damaged store are kept.
    """

    def __init__(
        self,
        path: Path,
        count: int,
        key: str,
        channels: Sequence[str] = CHANNELS,
        preset: TilesName = "cell",
        size: int | None = None,
    ) -> None:
        refuse_strangers(path)
        remove_replaced(path)
        self._final, self._count, self._key, self._channels = path, count, key, channels
        self._preset, self._size = preset, _find_size(preset) if size is None else size
        self._shard = max(1, SHARD_TILES * TILE_SIZE**2 // self._size**2)
        self._folder = path.with_name(f".{path.name}.partial")
        progress = read_progress(self._folder, key, count, path)
        self.mends = False
        if progress == Progress(0):
            progress = take_whole_shards(path, self._folder, key, count, self._shard)
            self.mends = progress != Progress(0)
        self.rows_written, self._whole = progress
        if progress == Progress(0):
            remove_unfinished_store(self._folder)
            with room_told(self._folder, 0, count):
                self._create()
        self._group = zarr.open_group(self._folder, mode="r+")
        self._buffer: list[CellTiles] = []
        self._buffered = 0

    @property
    def is_to_write(self) -> NDArray[np.bool_]:
        """Which rows are to be appended, (count,)."""
        pending = np.ones(self._count, bool)
        pending[: self.rows_written] = False
        for shard in self._whole:
            pending[shard * self._shard : (shard + 1) * self._shard] = False
        return pending

    @property
    def rows_to_write(self) -> NDArray[np.intp]:
        """Numbers of the rows that are to be appended, in this order."""
        return np.flatnonzero(self.is_to_write)

    def append(self, cut: CellTiles) -> None:
        """Take the tiles of the next rows; write them once they fill a shard."""
        self._buffer.append(cut)
        self._buffered += len(cut.tiles)
        while self.rows_written < self._count and self._buffered >= self._next_shard:
            self._write()

    def append_shard(self, chunks: Chunks, mean_intensities: NDArray[np.float32]) -> None:
        """Take the next shard as it is compressed; `shard_rows` says of which rows.

        Parameters
        ----------
        chunks
            The chunks of its rows.
        mean_intensities
            (n, 4) float32, of the same rows.
        """
        first, count = self.rows_written, self._next_shard
        if self._buffered or len(mean_intensities) != count:
            message = f"{len(mean_intensities)} rows for a shard of {count}, {self._buffered} are waiting"
            raise RuntimeError(message)
        with room_told(self._folder, first, self._count):
            for name in ARRAYS:
                layout = read_layout(self._folder, name)
                beyond = [None] * ((self._shard - count) * layout.chunks)
                write_shard(self._folder / layout.file(first // self._shard), [*chunks[name], *beyond])
            self._write_rows("mean_intensity", slice(first, first + count), mean_intensities)
        self._go_on(first + count)

    def shard_rows(self) -> list[NDArray[np.intp]]:
        """Return the numbers of the rows of each shard that is to be written."""
        rows = self.rows_to_write
        return np.split(rows, np.flatnonzero(np.diff(rows // self._shard)) + 1) if len(rows) else []

    def finish(self) -> TileStore:
        """Put the store in its place and open it."""
        if self.rows_written != self._count or self._buffered:
            message = f"{self.rows_written + self._buffered} rows written of {self._count}"
            raise RuntimeError(message)
        (self._folder / DAMAGED).unlink(missing_ok=True)
        write_contents(self._folder)
        refuse_strangers(self._final)
        put_in_place(self._folder, self._final)
        return TileStore(self._final)

    def _create(self) -> None:
        attributes: dict[str, Any] = {
            "channels": list(CHANNELS),
            "tile_size": self._size,
            "format_version": FORMAT_VERSION,
        }
        absent = [channel for channel in CHANNELS if channel not in self._channels]
        if absent:
            attributes[ABSENT] = absent
        if self._preset != "cell":
            attributes[PRESET] = self._preset
        group = zarr.create_group(self._folder, attributes=attributes)
        plane = (self._size, self._size)
        # One chunk a tile and channel: a channel is read without the others, a tile without its neighbours.
        shapes = {
            "tiles": ("uint8", (4, *plane), (1, *plane)),
            "cell_mask": ("bool", plane, plane),
            "nucleus_mask": ("bool", plane, plane),
        }
        for name, (dtype, row, chunk) in shapes.items():
            group.create_array(
                name,
                shape=(self._count, *row),
                dtype=dtype,
                chunks=(1, *chunk),
                shards=(self._shard, *row),
                compressors=_COMPRESSOR,
                fill_value=0,
            )
        group.create_array(
            "mean_intensity",
            shape=(self._count, 4),
            dtype="float32",
            chunks=(SHARD_TILES, 4),
            compressors=_COMPRESSOR,
            fill_value=0,
        )
        self._record(0)

    @property
    def _next_shard(self) -> int:
        """Rows of the shard that is written next."""
        return min(self._shard, self._count - self.rows_written)

    def _write(self) -> None:
        count = self._next_shard
        names = ("tiles", "cell_masks", "nucleus_masks", "mean_intensities")
        waiting = {name: np.concatenate([getattr(cut, name) for cut in self._buffer]) for name in names}
        stop = self.rows_written + count
        with room_told(self._folder, self.rows_written, self._count):
            for name, array in zip((*ARRAYS, "mean_intensity"), names, strict=True):
                self._write_rows(name, slice(self.rows_written, stop), waiting[array][:count])
        rest = {name: array[count:] for name, array in waiting.items()}
        self._buffer = [type(self._buffer[0])(**rest)]
        self._buffered -= count
        self._go_on(stop)

    def _write_rows(self, name: str, rows: slice, values: NDArray[Any]) -> None:
        with zarr.config.set(IN_ORDER):
            target = cast("zarr.Array[Any]", self._group[name])
        target[rows] = values

    def _go_on(self, stop: int) -> None:
        """Go on at a row, or behind the whole shards that follow."""
        while stop < self._count and stop // self._shard in self._whole:
            stop = min(stop + self._shard, self._count)
        self._record(stop)

    def _record(self, rows: int) -> None:
        self.rows_written = rows
        record_progress(self._folder, self._key, self._count, Progress(rows, self._whole))


def _find_size(preset: TilesName) -> int:
    if preset == FIELD:
        message = "whole fields have no size of their own"
        raise ValueError(message)
    return PRESETS[preset].size
