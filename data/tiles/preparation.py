"""From stored tiles to what a classifier takes: its channels, masks, size, neighbours and brightness."""

from collections.abc import Sequence
from typing import ClassVar, Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field as Setting
from pydantic import field_validator, model_validator

from data.channels import CHANNELS
from data.settings import Settings
from data.tiles.tile_presets import TilesName, check_preset
from data.tiles.tile_reader import TileReader

Channel = Literal["red", "green", "blue", "yellow", "cell_mask", "nucleus_mask"]
MASK_CHANNELS = ("cell_mask", "nucleus_mask")
"""Channels that are 255 inside a mask and 0 outside, and never brightened."""

_BRIGHT_QUANTILE = 0.995
_MOST_GAIN = 8.0
_LEAST_SIDE = 16


def name_neighbours(mask: bool) -> Literal["mask", "keep"]:
    """Return the word for what an earlier version had as a flag."""
    return "mask" if mask else "keep"


class TileSettings(Settings):
    """What of a tile the classifier sees; a trained classifier keeps these settings."""

    renamed: ClassVar = {"stretch": "contrast_stretch", "mask_neighbours": "neighbours"}
    converted: ClassVar = {"mask_neighbours": name_neighbours}

    preset: TilesName = Setting(
        default="cell",
        description="the tiles that it takes, as crops.preset cut them, or field; training takes those that "
        "are there",
    )
    size: int = Setting(
        default=256, ge=_LEAST_SIDE, le=1024, description="side in px to which tiles are resized"
    )
    crop: int = Setting(
        default=0,
        ge=0,
        le=1024,
        description="side in px of the part of a tile that is seen: a random one in training, the centre "
        "otherwise; 0 is all of it",
    )
    channels: tuple[Channel, ...] = Setting(
        default=CHANNELS,
        min_length=1,
        description="channels, in order: red, green, blue, yellow, cell_mask, nucleus_mask",
    )
    neighbours: Literal["mask", "keep"] = Setting(
        default="keep", description="black out what lies outside the cell's own mask, or keep it"
    )
    contrast_stretch: Literal["none", "reference", "all"] = Setting(
        default="none",
        description="brighten channels until the cell's brightest 0.5 % are white (at most 8 times): "
        "none, all but the protein's (green), or all",
    )

    @field_validator("channels")
    @classmethod
    def _check_channels(cls, channels: tuple[Channel, ...]) -> tuple[Channel, ...]:
        if len(set(channels)) < len(channels):
            message = "a channel is named twice"
            raise ValueError(message)
        return channels

    @model_validator(mode="after")
    def _check_crop(self) -> "TileSettings":
        if self.crop > self.size or 0 < self.crop < _LEAST_SIDE:
            message = f"crop = {self.crop} must be 0, or from {_LEAST_SIDE} to size ({self.size})"
            raise ValueError(message)
        return self

    @property
    def side(self) -> int:
        """Side in px of what the classifier sees."""
        return self.crop or self.size

    @property
    def mask_planes(self) -> tuple[int, ...]:
        """Places of the channels that are masks."""
        return tuple(place for place, channel in enumerate(self.channels) if channel in MASK_CHANNELS)


def read_prepared(
    store: TileReader,
    rows: NDArray[np.integer],
    settings: TileSettings,
    protein_gain: NDArray[np.floating] | None = None,
) -> NDArray[np.uint8]:
    """Read tiles and prepare them; they are not cropped yet (``crop_tiles``).

    Parameters
    ----------
    store, rows, settings
        Which tiles, and how they are prepared.
    protein_gain
        (n,) factors, 0..1, of the green channel of each stored tile, which is then prepared like that of a
        cell so dim; None leaves all as they are, and so does 1.

    Returns
    -------
    ndarray (n, S, S, C)
        uint8, channels last, in the order of ``rows``.

    Raises
    ------
    InputError
        The tiles are of another preset.
    """
    check_preset(store, settings.preset, "tiles")
    needs_masks = settings.neighbours == "mask" or settings.contrast_stretch != "none"
    cell_masks = store.cell_masks(rows) if needs_masks or "cell_mask" in settings.channels else None
    tiles = _read_channels(store, rows, settings.channels, cell_masks)
    if protein_gain is not None:
        _apply_gain(tiles[:, settings.channels.index("green")], protein_gain)
    return prepare_tiles(tiles, cell_masks if needs_masks else None, settings)


def _apply_gain(planes: NDArray[np.uint8], factors: NDArray[np.floating]) -> None:
    """Multiply planes (n, T, T) by their factors, in place."""
    for row in np.flatnonzero(factors != 1):
        planes[row] = np.rint(planes[row] * np.float32(factors[row])).astype(np.uint8)


def _read_channels(
    store: TileReader,
    rows: NDArray[np.integer],
    channels: Sequence[Channel],
    cell_masks: NDArray[np.bool_] | None,
) -> NDArray[np.uint8]:
    """Read stains and masks, (n, C, T, T) uint8, in the order of ``channels``; a mask is 0 or 255."""
    stains = [channel for channel in channels if channel not in MASK_CHANNELS]
    if len(stains) == len(channels):
        return store.read(rows, stains)
    masks = {"cell_mask": cell_masks}
    if "nucleus_mask" in channels:
        masks["nucleus_mask"] = store.nucleus_masks(rows)
    planes: dict[str, NDArray[np.uint8]] = {
        name: mask.view(np.uint8) * np.uint8(255) for name, mask in masks.items() if mask is not None
    }
    if stains:
        planes |= zip(stains, store.read(rows, stains).transpose(1, 0, 2, 3), strict=True)
    return np.stack([planes[channel] for channel in channels], axis=1)


def crop_tiles(
    tiles: NDArray[np.uint8], settings: TileSettings, seeds: Sequence[int] | None = None
) -> NDArray[np.uint8]:
    """Crop tiles (n, S, S, C) to (n, crop, crop, C): each at random by its own seed, or all at the centre.

    Random crops as in Zhang et al. 2021 (512 px from 768 px).
    """
    spare = settings.size - settings.side
    if not spare:
        return tiles
    if seeds is None:
        places = np.full((len(tiles), 2), spare // 2)
    else:
        places = np.array([np.random.default_rng((seed, 7)).integers(0, spare + 1, 2) for seed in seeds])
    side = settings.side
    cropped = np.empty((len(tiles), side, side, tiles.shape[-1]), np.uint8)
    for row, (y, x) in enumerate(places):
        cropped[row] = tiles[row, y : y + side, x : x + side]
    return cropped


def prepare_tiles(
    tiles: NDArray[np.uint8], masks: NDArray[np.bool_] | None, settings: TileSettings
) -> NDArray[np.uint8]:
    """Prepare tiles as a classifier with these settings takes them.

    Parameters
    ----------
    tiles
        (n, C, T, T) uint8, with just the channels of ``settings``, in order; masks are 0 or 255, and get
        soft edges where they are resized.
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
        corrected = list(tile) if masks is None else _correct(tile, masks[row], settings)
        # Several times as fast as numpy's transposition.
        planes = cv2.merge(corrected).reshape(*tile.shape[1:], -1).view(np.uint8)
        if planes.shape[0] != size:
            method = cv2.INTER_AREA if size < planes.shape[0] else cv2.INTER_CUBIC
            planes = cv2.resize(planes, (size, size), interpolation=method)
        prepared[row] = planes.reshape(size, size, -1)
    return prepared


def measure_channels(
    store: TileReader, rows: NDArray[np.integer], settings: TileSettings
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Measure mean and standard deviation of each channel over the pixels of the cells in some tiles.

    Returns
    -------
    tuple
        Means and standard deviations, (C,) each, for grey values 0..1; a deviation is at least 0.01, so that
        an empty channel stays near zero. Those of a mask are 0.5, which makes it -1 outside and 1 inside.
    """
    check_preset(store, settings.preset, "tiles")
    # Counted by grey value, which is exact, faster, and needs no copy of all pixels as floats.
    counts = np.zeros((len(settings.channels), 256), np.int64)
    for block in np.array_split(rows, max(1, len(rows) // 128)):
        masks = store.cell_masks(block)
        whole = settings.model_copy(update={"size": masks.shape[-1], "crop": 0})
        tiles = prepare_tiles(_read_channels(store, block, settings.channels, masks), masks, whole)
        for tile, mask in zip(tiles, masks, strict=True):
            inside = np.ascontiguousarray(mask).view(np.uint8)
            for channel, total in enumerate(counts):
                total += _count_grey_values(tile, channel, inside)
    grey = np.arange(256) / 255
    pixels = np.maximum(counts.sum(axis=1), 1)
    means = counts @ grey / pixels
    deviations = np.sqrt(np.maximum(counts @ grey**2 / pixels - means**2, 0.01**2))
    planes = list(settings.mask_planes)
    means[planes] = deviations[planes] = 0.5
    return tuple(map(float, means)), tuple(map(float, deviations))


def _correct(
    tile: NDArray[np.uint8], mask: NDArray[np.bool_], settings: TileSettings
) -> list[NDArray[np.uint8]]:
    """Return the planes (T, T) of a tile (C, T, T), without neighbours and brighter, as the settings say."""
    inside = np.ascontiguousarray(mask).view(np.uint8)
    planes = list(tile)
    if settings.neighbours == "mask":
        planes = [cv2.copyTo(plane, inside).astype(np.uint8, copy=False) for plane in tile]
    if settings.contrast_stretch == "none" or not mask.any():
        return planes
    count = np.count_nonzero(inside)
    for index, channel in enumerate(settings.channels):
        if channel in MASK_CHANNELS or (channel == "green" and settings.contrast_stretch == "reference"):
            continue
        counts = _count_grey_values(planes[index], 0, inside)
        bright = int(np.searchsorted(np.cumsum(counts), _BRIGHT_QUANTILE * count))
        gain = min(255 / max(bright, 1), _MOST_GAIN)
        table = np.minimum(np.arange(256) * gain + 0.5, 255).astype(np.uint8)
        planes[index] = cv2.LUT(planes[index], table).astype(np.uint8, copy=False)
    return planes


def _count_grey_values(tile: NDArray[np.uint8], channel: int, inside: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Count each grey value of a channel of a tile (T, T, C), or (T, T), where a mask (T, T) is not zero."""
    # Some five times as fast as numpy's bincount, which makes large integers of all pixels first.
    return cv2.calcHist([tile], [channel], inside, [256], [0, 256]).ravel().astype(np.int64)
