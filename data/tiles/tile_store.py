"""The tile store ``tiles.zarr``: single-cell tiles and masks in a sharded Zarr v3 group."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import Any, cast

import numpy as np
import zarr
from numpy.typing import ArrayLike, NDArray

from data.channels import CHANNELS
from data.errors import InputError
from data.tiles.shards.array_rows import CODECS, read_rows
from data.tiles.shards.compressed_rows import ARRAYS
from data.tiles.shards.store_contents import check_contents, damaged
from data.tiles.tile_reader import index_channels, number_rows

ABSENT = "absent_channels"
"""Attribute with the channels that the images lack, whose planes say nothing."""

PRESET = "preset"
"""Attribute with the name of the tiles' preset; "cell" where there is none."""


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
            with zarr.config.set(CODECS):
                group = zarr.open_group(path, mode="r")
                self._arrays = {name: cast("zarr.Array[Any]", group[name]) for name in ARRAYS}
                self._intensities = cast("zarr.Array[Any]", group["mean_intensity"])
                absent = cast("list[str]", group.attrs.get(ABSENT, []))
                self._channels = tuple(channel for channel in CHANNELS if channel not in absent)
                self._preset = str(group.attrs.get(PRESET, "cell"))
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
            The tiles lack one of the channels, there is no such row, or a part of the store is damaged.
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

    def mean_intensities(self, rows: slice = slice(None)) -> NDArray[np.float32]:
        """Read the mean grey value of every cell, or of successive ones, and channel, (n, 4) float32 in 0..1.

        NaN for a channel that the tiles lack, and for a cell that could not be read.
        """
        with self._damage_reported():
            return np.asarray(self._intensities[rows])

    def _read_rows(
        self, array: "zarr.Array[Any]", rows: ArrayLike, channel: int | None = None
    ) -> NDArray[Any]:
        numbers = number_rows(rows, len(self), self._path)
        with self._damage_reported():
            return read_rows(array, numbers, channel)

    @contextmanager
    def _damage_reported(self) -> Iterator[None]:
        try:
            yield
        except (OSError, RuntimeError, ValueError) as error:
            # Each codec has its own exception for a checksum that does not agree.
            raise damaged(self._path, f"a part ({str(error).splitlines()[0]})") from None
