"""What a source of single-cell tiles offers, on disk or in memory."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from data.channels import CHANNELS
from data.errors import InputError


class TileReader(Protocol):
    """Returns tiles and masks by row number."""

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels that the tiles have, in the usual order."""
        ...

    @property
    def preset(self) -> str:
        """Name of the preset of ``data.tiles.tile_presets`` by which the tiles were cut."""
        ...

    @property
    def size(self) -> int:
        """Side of a tile in px."""
        ...

    def __len__(self) -> int:
        """Count the rows."""
        ...

    def read(self, rows: NDArray[np.integer], channels: Sequence[str]) -> NDArray[np.uint8]:
        """Read some tiles and of them some channels, (n, C, S, S) uint8.

        Raises
        ------
        InputError
            The tiles lack one of the channels.
        """
        ...

    def cell_masks(self, rows: NDArray[np.integer]) -> NDArray[np.bool_]:
        """Read the cells' own masks in their tiles, (n, S, S) bool."""
        ...

    def nucleus_masks(self, rows: NDArray[np.integer]) -> NDArray[np.bool_]:
        """Read the nuclei's masks in the tiles, (n, S, S) bool."""
        ...


def index_channels(channels: Sequence[str], present: Sequence[str], where: object) -> list[int]:
    """Return the places of some channels among the four of a stored tile.

    Parameters
    ----------
    channels
        The channels that are asked for.
    present
        The channels that the tiles have.
    where
        Which tiles, for the message.

    Raises
    ------
    InputError
        The tiles lack one of the channels: its plane is empty, which must not be taken for a dark stain.
    """
    lacking = [channel for channel in channels if channel not in present]
    if lacking:
        raise InputError(
            found=f"tiles without the channel {lacking[0]}, which the images lack",
            where=where,
            expected=f"only the channels {', '.join(present)} to be read",
            advice="read these, or cut the cells of images that have the channel",
        )
    return [CHANNELS.index(channel) for channel in channels]


def number_rows(rows: ArrayLike, count: int, where: object) -> NDArray[np.intp]:
    """Return row numbers (n,) as an array, having checked that there are such rows.

    Parameters
    ----------
    rows
        The numbers.
    count
        How many rows there are.
    where
        Which tiles, for the message.

    Raises
    ------
    InputError
        They are no whole numbers from 0 to ``count`` - 1: truth values or fractions would be taken for the
        numbers of other cells.
    """
    numbers = np.asarray(rows)
    expected = f"whole numbers of rows from 0 to {count - 1}"
    if numbers.size and not np.issubdtype(numbers.dtype, np.integer):
        advice = "give np.flatnonzero(...) of them" if numbers.dtype == np.bool_ else ""
        raise InputError(found=f"rows as {numbers.dtype.name}", where=where, expected=expected, advice=advice)
    wrong = numbers[(numbers < 0) | (numbers >= count)] if numbers.size else numbers
    if wrong.size:
        raise InputError(found=f"row {wrong.flat[0]}", where=where, expected=expected)
    return numbers.astype(np.intp)
