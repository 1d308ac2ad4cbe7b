"""The tiles of several stores as if they were one: the rows of the first, then those of the second ..."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from data.errors import InputError
from data.tiles.tile_reader import number_rows
from data.tiles.tile_store import TileStore


class JoinedTiles:
    """Read tiles of several stores by row number, counted on from store to store.

    Parameters
    ----------
    stores
        One or more, with the same channels, preset and size of tiles.
    where
        Where each is, for messages.

    Raises
    ------
    InputError
        Two stores differ in one of these.
    """

    def __init__(self, stores: Sequence[TileStore], where: Sequence[object]) -> None:
        self._stores, self._where = tuple(stores), ", ".join(map(str, where))
        self._starts = np.cumsum([0, *map(len, stores)])
        first = _describe(stores[0])
        for store, place in zip(stores, where, strict=True):
            if _describe(store) != first:
                raise InputError(
                    found=f"tiles of {_describe(store)}",
                    where=place,
                    expected=f"{first}, as in {where[0]}",
                    advice="cut the cells alike with `hpacells crops`, or leave this folder out",
                )

    def __len__(self) -> int:
        """Count the rows of all stores."""
        return int(self._starts[-1])

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels that the tiles have, in the usual order."""
        return self._stores[0].channels

    @property
    def preset(self) -> str:
        """Name of the preset by which the tiles were cut."""
        return self._stores[0].preset

    @property
    def size(self) -> int:
        """Side of a tile in px."""
        return self._stores[0].size

    def read(self, rows: ArrayLike, channels: Sequence[str] | None = None) -> NDArray[np.uint8]:
        """Read some tiles and of them some channels, (n, C, S, S) uint8, in the order of ``rows``.

        Raises
        ------
        InputError
            The tiles lack one of the channels, there is no such row, or a part of a store is damaged.
        """
        return self._gather(rows, lambda store, own: store.read(own, channels))

    def cell_masks(self, rows: ArrayLike) -> NDArray[np.bool_]:
        """Read the cells' own masks in their tiles, (n, S, S) bool."""
        return self._gather(rows, lambda store, own: store.cell_masks(own))

    def nucleus_masks(self, rows: ArrayLike) -> NDArray[np.bool_]:
        """Read the nuclei's masks in the tiles, (n, S, S) bool."""
        return self._gather(rows, lambda store, own: store.nucleus_masks(own))

    def mean_intensities(self) -> NDArray[np.float32]:
        """Read the mean grey value of every cell and channel, (N, 4) float32 in 0..1, as of a `TileStore`."""
        return np.concatenate([store.mean_intensities() for store in self._stores])

    def _gather(
        self, rows: ArrayLike, read: Callable[[TileStore, NDArray[np.intp]], NDArray[Any]]
    ) -> NDArray[Any]:
        """Read rows of all stores that have any of them, in order."""
        wanted = number_rows(rows, len(self), self._where)
        sources = np.searchsorted(self._starts, wanted, side="right") - 1
        found = [
            (sources == number, read(self._stores[number], wanted[sources == number] - self._starts[number]))
            for number in np.unique(sources).tolist()
        ]
        if not found:
            return read(self._stores[0], wanted)
        joined = np.empty((len(wanted), *found[0][1].shape[1:]), found[0][1].dtype)
        for places, values in found:
            joined[places] = values
        return joined


def _describe(store: TileStore) -> str:
    return f"{store.size} px, preset {store.preset}, channels {', '.join(store.channels)}"
