"""From stored tiles to what a classifier takes: its channels, its size, neighbours and brightness."""

from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field as Setting
from pydantic import field_validator

from data.channels import CHANNELS
from data.settings import Settings
from data.tiles import TileStore

Channel = Literal["red", "green", "blue", "yellow"]

_BRIGHT_QUANTILE = 0.995
_MOST_GAIN = 8.0


class TileSettings(Settings):
    """What of a tile the classifier sees; a trained classifier keeps these settings."""

    size: int = Setting(default=256, ge=16, le=1024, description="side in px to which tiles are resized")
    channels: tuple[Channel, ...] = Setting(default=CHANNELS, min_length=1, description="channels, in order")
    mask_neighbours: bool = Setting(
        default=False, description="black out what the cell's own mask leaves out"
    )
    stretch: Literal["none", "reference", "all"] = Setting(
        default="none",
        description="brighten channels until the cell's brightest 0.5 % are white (at most 8 times): "
        "none, all but the protein's (green), or all",
    )

    @field_validator("channels")
    @classmethod
    def _check_channels(cls, channels: tuple[Channel, ...]) -> tuple[Channel, ...]:
        if len(set(channels)) < len(channels):
            message = "a channel stands there twice"
            raise ValueError(message)
        return channels


def read_prepared(store: TileStore, rows: NDArray[np.integer], settings: TileSettings) -> NDArray[np.uint8]:
    """Read tiles and prepare them.

    Returns
    -------
    ndarray (n, S, S, C)
        uint8, channels last, in the order of ``rows``.
    """
    tiles = store.read(rows, settings.channels)
    needs_masks = settings.mask_neighbours or settings.stretch != "none"
    masks = store.cell_masks(rows) if needs_masks else None
    return prepare_tiles(tiles, masks, settings)


def prepare_tiles(
    tiles: NDArray[np.uint8], masks: NDArray[np.bool_] | None, settings: TileSettings
) -> NDArray[np.uint8]:
    """Prepare tiles as a classifier with these settings takes them.

    Parameters
    ----------
    tiles
        (n, C, T, T) uint8, with just the channels of ``settings``, in order.
    masks
        (n, T, T) bool, the cells' own masks; None where ``settings`` need none.
    settings
        Size, neighbours and brightness.

    Returns
    -------
    ndarray (n, S, S, C)
        uint8, channels last.
    """
    size = settings.size
    prepared = np.empty((len(tiles), size, size, tiles.shape[1]), np.uint8)
    for row, tile in enumerate(tiles):
        planes = np.ascontiguousarray(tile.transpose(1, 2, 0))
        if masks is not None:
            planes = _correct(planes, masks[row], settings)
        if planes.shape[0] != size:
            method = cv2.INTER_AREA if size < planes.shape[0] else cv2.INTER_CUBIC
            planes = cv2.resize(planes, (size, size), interpolation=method)
        prepared[row] = planes.reshape(size, size, -1)
    return prepared


def measure_channels(
    store: TileStore, rows: NDArray[np.integer], settings: TileSettings
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Measure mean and standard deviation of each channel over the pixels of the cells in some tiles.

    Returns
    -------
    tuple
        Means and standard deviations, (C,) each, for grey values 0..1; a deviation is at least 0.01, so that
        an empty channel stays near zero.
    """
    count = 0
    total = np.zeros(len(settings.channels))
    squares = np.zeros(len(settings.channels))
    for block in np.array_split(rows, max(1, len(rows) // 128)):
        masks = store.cell_masks(block)
        whole = settings.model_copy(update={"size": masks.shape[-1]})
        tiles = prepare_tiles(store.read(block, settings.channels), masks, whole)
        inside = tiles[masks].astype(np.float64) / 255
        count += len(inside)
        total += inside.sum(axis=0)
        squares += (inside**2).sum(axis=0)
    means = total / max(count, 1)
    deviations = np.sqrt(np.maximum(squares / max(count, 1) - means**2, 0.01**2))
    return tuple(map(float, means)), tuple(map(float, deviations))


def _correct(planes: NDArray[np.uint8], mask: NDArray[np.bool_], settings: TileSettings) -> NDArray[np.uint8]:
    if settings.mask_neighbours:
        planes = planes * mask[..., None]
    if settings.stretch == "none" or not mask.any():
        return planes
    stretched = planes.copy()
    for index, channel in enumerate(settings.channels):
        if channel == "green" and settings.stretch == "reference":
            continue
        counts = np.bincount(planes[..., index][mask], minlength=256)
        bright = int(np.searchsorted(np.cumsum(counts), _BRIGHT_QUANTILE * counts.sum()))
        gain = min(255 / max(bright, 1), _MOST_GAIN)
        table = np.minimum(np.arange(256) * gain + 0.5, 255).astype(np.uint8)
        stretched[..., index] = table[planes[..., index]]
    return stretched
