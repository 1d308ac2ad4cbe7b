"""The tile store ``tiles.zarr``: single-cell tiles and masks in a sharded Zarr v3 group."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import Any, cast

import numpy as np
import zarr
from numpy.typing import ArrayLike, NDArray
from zarr.codecs import ZstdCodec

from data.channels import CHANNELS
from data.errors import InputError
from data.tiles.cell_tiles import TILE_SIZE, CellTiles
from data.tiles.shards.array_rows import read_rows
from data.tiles.shards.room import room_told
from data.tiles.shards.store_contents import check_contents, damaged, refuse_strangers, write_contents
from data.tiles.store_progress import PROGRESS, read_rows_written, record_rows
from data.tiles.tile_presets import PRESETS, PresetName
from data.tiles.tile_reader import index_channels

SHARD_TILES = 256
"""Tiles of 256 px in a shard, of larger ones fewer: what is written at once (100 MB with masks), and where an
interrupted run goes on."""

FORMAT_VERSION = 1

_MASKS = ("cell_mask", "nucleus_mask")

_ABSENT = "absent_channels"
"""Attribute with the channels that the images lack, whose planes say nothing."""

_PRESET = "preset"
"""Attribute with the name of the tiles' preset; "cell" where there is none."""

_COMPRESSOR = ZstdCodec(level=1, checksum=True)
"""With a checksum, which costs no time that could be measured: else a flipped bit is read as other pixels."""

_CODECS = {"codec_pipeline.path": "zarrs.ZarrsCodecPipeline"}
"""Shards are read and written by zarrs, which takes a fifth of the time of zarr's own Python."""


class TileStore:
    """Read tiles by row number; row n is row n of the cells table.

    Parameters
    ----------
    path
        The ``tiles.zarr`` folder.
    rows
        How many rows the cells table has, to check that the store belongs to it; not checked by default.

    Raises
    ------
    InputError
        There is no finished tile store at ``path``, or it has another number of rows.

    Examples
    --------
    >>> import hpacells as hpa
    >>> store = hpa.TileStore("work/demo/tiles.zarr")
    >>> store.read([0, 1]).shape, store.read([0], channels=["green"]).shape
    ((2, 4, 256, 256), (1, 1, 256, 256))
    >>> store.channels
    ('red', 'green', 'blue', 'yellow')
    >>> store.cell_masks([0]).dtype
    dtype('bool')
    """

    def __init__(self, path: str | PathLike[str], rows: int | None = None) -> None:
        path = Path(path)
        check_contents(path)
        try:
            with zarr.config.set(_CODECS):
                group = zarr.open_group(path, mode="r")
                self._arrays = {name: cast("zarr.Array[Any]", group[name]) for name in ("tiles", *_MASKS)}
                self._intensities = cast("zarr.Array[Any]", group["mean_intensity"])
                absent = cast("list[str]", group.attrs.get(_ABSENT, []))
                self._channels = tuple(channel for channel in CHANNELS if channel not in absent)
                self._preset = str(group.attrs.get(_PRESET, "cell"))
        except (FileNotFoundError, KeyError, ValueError) as error:
            raise InputError(
                found=f"not a tile store ({type(error).__name__})",
                where=path,
                expected="what `hpacells crops` writes",
                advice="run `hpacells crops` first",
            ) from None
        self._path = path
        if rows is not None and len(self) != rows:
            raise InputError(
                found=f"{len(self)} tiles, but the cells table has {rows} rows",
                where=path,
                expected="a tile for each row",
                advice="run `hpacells crops` again",
            )

    def __len__(self) -> int:
        """Count the rows."""
        return self._arrays["tiles"].shape[0]

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels that the tiles have, R G B Y or fewer: those of the images that they were cut from."""
        return self._channels

    @property
    def preset(self) -> str:
        """Name of the preset of ``data.tiles.tile_presets`` by which the tiles were cut."""
        return self._preset

    @property
    def size(self) -> int:
        """Side of a tile in px."""
        return self._arrays["tiles"].shape[-1]

    def read(self, rows: ArrayLike, channels: Sequence[str] | None = None) -> NDArray[np.uint8]:
        """Read some tiles and of them some channels, and decode nothing else.

        Parameters
        ----------
        rows
            (n,) numbers of the rows.
        channels
            Names of the channels; by default those of `channels`.

        Returns
        -------
        ndarray (n, C, S, S)
            uint8, in the order of ``rows`` and ``channels``.

        Raises
        ------
        InputError
            The tiles lack one of the channels, or a part of the store is damaged.
        """
        indices = index_channels(self._channels if channels is None else channels, self._channels, self._path)
        tiles = self._arrays["tiles"]
        if indices == list(range(len(CHANNELS))):
            return self._read_rows(tiles, rows)
        return np.stack([self._read_rows(tiles, rows, channel) for channel in indices], axis=1)

    def cell_masks(self, rows: ArrayLike) -> NDArray[np.bool_]:
        """Read the cells' own masks in their tiles, (n, S, S) bool."""
        return self._read_rows(self._arrays["cell_mask"], rows)

    def nucleus_masks(self, rows: ArrayLike) -> NDArray[np.bool_]:
        """Read the nuclei's masks in the tiles, (n, S, S) bool."""
        return self._read_rows(self._arrays["nucleus_mask"], rows)

    def mean_intensities(self) -> NDArray[np.float32]:
        """Read the mean grey value of every cell and channel, (N, 4) float32 in 0..1.

        NaN for a channel that the tiles lack, and for a cell that could not be read.
        """
        with self._damage_reported():
            return np.asarray(self._intensities[:])

    def _read_rows(
        self, array: "zarr.Array[Any]", rows: ArrayLike, channel: int | None = None
    ) -> NDArray[Any]:
        with self._damage_reported():
            return read_rows(array, rows, channel)

    @contextmanager
    def _damage_reported(self) -> Iterator[None]:
        try:
            yield
        except (OSError, RuntimeError, ValueError) as error:
            # Each codec has its own exception for a checksum that does not agree.
            raise damaged(self._path, f"a part ({str(error).splitlines()[0]})") from None


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
        cut with other versions of the libraries that make pixels.
    channels
        The channels that the images have; the planes of the others are empty.
    preset
        The preset by which the tiles are cut.

    Raises
    ------
    InputError
        The older store holds files that hpacells did not write.
    """

    def __init__(
        self,
        path: Path,
        count: int,
        key: str,
        channels: Sequence[str] = CHANNELS,
        preset: PresetName = "cell",
    ) -> None:
        refuse_strangers(path)
        self._final, self._count, self._key, self._channels = path, count, key, channels
        self._preset, self._size = preset, PRESETS[preset].size
        self._shard = max(1, SHARD_TILES * TILE_SIZE**2 // self._size**2)
        self._folder = path.with_name(f".{path.name}.partial")
        self.rows_written = read_rows_written(self._folder, key, count, path)
        if not self.rows_written:
            shutil.rmtree(self._folder, ignore_errors=True)
            with room_told(self._folder, 0, count):
                self._create()
        self._group = zarr.open_group(self._folder, mode="r+")
        self._buffer: list[CellTiles] = []
        self._buffered = 0

    def append(self, cut: CellTiles) -> None:
        """Take the tiles of the next rows; write them once they fill a shard."""
        self._buffer.append(cut)
        self._buffered += len(cut.tiles)
        while self._buffered >= self._shard:
            self._write(self._shard)

    def finish(self) -> NDArray[np.float32]:
        """Write what is left, put the store in its place and give all mean intensities, (N, 4) float32."""
        if self._buffered:
            self._write(self._buffered)
        if self.rows_written != self._count:
            message = f"{self.rows_written} rows written of {self._count}"
            raise RuntimeError(message)
        (self._folder / PROGRESS).unlink()
        write_contents(self._folder)
        refuse_strangers(self._final)
        shutil.rmtree(self._final, ignore_errors=True)
        self._folder.rename(self._final)
        return TileStore(self._final).mean_intensities()

    def _create(self) -> None:
        attributes: dict[str, Any] = {
            "channels": list(CHANNELS),
            "tile_size": self._size,
            "format_version": FORMAT_VERSION,
        }
        absent = [channel for channel in CHANNELS if channel not in self._channels]
        if absent:
            attributes[_ABSENT] = absent
        if self._preset != "cell":
            attributes[_PRESET] = self._preset
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

    def _write(self, count: int) -> None:
        names = ("tiles", "cell_masks", "nucleus_masks", "mean_intensities")
        waiting = {name: np.concatenate([getattr(cut, name) for cut in self._buffer]) for name in names}
        stop = self.rows_written + count
        with room_told(self._folder, self.rows_written, self._count):
            for name, array in zip(("tiles", *_MASKS, "mean_intensity"), names, strict=True):
                with zarr.config.set(_CODECS):
                    target = cast("zarr.Array[Any]", self._group[name])
                target[self.rows_written : stop] = waiting[array][:count]
        rest = {name: array[count:] for name, array in waiting.items()}
        self._buffer = [type(self._buffer[0])(**rest)]
        self._buffered -= count
        self.rows_written = stop
        self._record(stop)

    def _record(self, rows: int) -> None:
        record_rows(self._folder, self._key, self._count, rows)
