"""The tiles of one field's cells in memory, with what the cells table says of each."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from data.cells.cells_table import COLUMN_TYPES, INTENSITY_COLUMNS, measure_cells
from data.cells.drop_reasons import (
    MIN_AREA_UM2,
    MIN_FRACTION_INSIDE,
    MIN_INTENSITY,
    DropLimits,
    find_drop_reasons,
)
from data.channels import CHANNELS
from data.errors import InputError
from data.fields.duplicates.near_duplicates import hash_image
from data.fields.fewer_channels.absent_channels import insert_absent
from data.fields.fewer_channels.folder_channels import check_protein_and_nuclei, find_channels
from data.fields.field import Field
from data.images.grey_levels import fill_range, to_uint8
from data.images.pixel_values import to_native
from data.software.opencv import check_opencv
from data.tiles.cell_tiles import CellTiles
from data.tiles.cutting.cropping import crop_boxes
from data.tiles.tile_presets import PRESETS, PresetName, check_preset_name
from data.tiles.tile_reader import index_channels, number_rows

_WHERE = "tiles of a field"


class LabelImages(Protocol):
    """The nuclei and cells of a field, segmented or simulated: label images (H, W) uint16, numbered alike."""

    @property
    def nuclei(self) -> NDArray[np.uint16]:
        """Label image of the nuclei."""
        ...

    @property
    def cells(self) -> NDArray[np.uint16]:
        """Label image of the cells, 1..n without gaps."""
        ...

    @property
    def pixel_size_um(self) -> float:
        """Edge of a pixel in micrometres."""
        ...


@dataclass(frozen=True)
class FieldTiles:
    """The tiles of a field's n cells.

    Attributes
    ----------
    table
        Cells table: row i is the cell of tile i, also where ``dropped`` says why it is left out.
    cropped
        Tiles, masks and mean intensities.
    channels
        The channels that the image has, in the usual order; the planes of the others are empty.
    preset
        By which preset the tiles were cut.

    Examples
    --------
    >>> import hpacells as hpa
    >>> simulated = hpa.simulate_field(seed=5, size=400)
    >>> tiles = hpa.crop_cells(simulated.image, simulated, image_id="A1")
    >>> tiles.tiles.shape == (len(tiles), 4, 256, 256), tiles.tiles.dtype
    (True, dtype('uint8'))
    >>> tiles.table["cell_id"].tolist() == list(range(1, len(tiles) + 1))
    True
    >>> tiles.read([0], channels=["blue"]).shape, tiles.cell_masks([0]).dtype
    ((1, 1, 256, 256), dtype('bool'))
    """

    table: pd.DataFrame
    cropped: CellTiles
    channels: tuple[str, ...] = CHANNELS
    preset: PresetName = "cell"

    @property
    def tiles(self) -> NDArray[np.uint8]:
        """All tiles, (n, 4, S, S) uint8, R G B Y; black where the image lacks a channel."""
        return self.cropped.tiles

    @property
    def size(self) -> int:
        """Side of a tile in px: 256, or that of another preset."""
        return PRESETS[self.preset].size

    def __len__(self) -> int:
        """Count the cells."""
        return len(self.table)

    def read(self, rows: ArrayLike, channels: Sequence[str] | None = None) -> NDArray[np.uint8]:
        """Return some channels of some tiles, (k, C, S, S) uint8, in the order asked.

        By default those of `channels`.

        Raises
        ------
        InputError
            The image lacks one of the channels, or there is no such row.
        """
        asked = self.channels if channels is None else channels
        indices = index_channels(asked, self.channels, _WHERE)
        return self.cropped.tiles[self._number(rows)[:, None], indices]

    def cell_masks(self, rows: ArrayLike) -> NDArray[np.bool_]:
        """Return the cells' own masks in their tiles, (k, S, S) bool."""
        return self.cropped.cell_masks[self._number(rows)]

    def nucleus_masks(self, rows: ArrayLike) -> NDArray[np.bool_]:
        """Return the nuclei's masks in the tiles, (k, S, S) bool."""
        return self.cropped.nucleus_masks[self._number(rows)]

    def _number(self, rows: ArrayLike) -> NDArray[np.intp]:
        return number_rows(rows, len(self), _WHERE)


def crop_cells(
    field: Field | NDArray[Any],
    found: LabelImages,
    *,
    image_id: str = "",
    channels: Sequence[str] | None = None,
    keep_neighbours: bool = False,
    preset: PresetName = "cell",
    full_scale: int | None = None,
    min_area_um2: float = MIN_AREA_UM2,
    min_fraction_inside: float = MIN_FRACTION_INSIDE,
    min_intensity: float = MIN_INTENSITY,
) -> FieldTiles:
    """Crop every cell of a field to a tile, as ``hpacells crops`` does with the same settings.

    Parameters
    ----------
    field
        A field with at least protein and nuclei, or its image (C, H, W) uint8 or uint16.
    found
        Its cells: a ``SegmentedField``, or a ``SimulatedField``.
    image_id
        The field's ID in the table, where ``field`` is an image; a field has its own.
    channels
        Channels of a field that are used, by default those of which it has files; or what the planes of an
        image are, by default R G B Y.
    keep_neighbours
        Whether what lies outside the cell's mask stays visible in the tile.
    preset
        ``"cell"``: a square as long as the cell's box, as a tile of 256 px; ``"subcell"`` or
        ``"subcell-640"``: a window of fixed size in um for SubCell, as a tile of 448 or 640 px.
    full_scale
        Grey value that becomes 255; 4095 for 12-bit cameras. Default: the field's, or the largest of
        the image's type.
    min_area_um2, min_fraction_inside, min_intensity
        Smaller cells, those with less inside the image, and those whose brightest stain but the protein's is
        dimmer are marked in the column ``dropped``; they have tiles all the same.

    Raises
    ------
    InputError
        A channel is missing or unreadable, or the image has another size than the label images.

    Examples
    --------
    >>> import hpacells as hpa
    >>> field = hpa.find_fields("my_images")[0]
    >>> found = hpa.load_segmenter("classical").segment_field(field)
    >>> tiles = hpa.crop_cells(field, found)
    >>> len(tiles) == found.count
    True
    >>> tiles.table.columns[:7].tolist()
    ['image_id', 'cell_id', 'image_height', 'image_width', 'y0', 'x0', 'y1']
    """
    check_opencv()
    check_preset_name(preset, "crop_cells")
    name = field.image_id if isinstance(field, Field) else image_id
    present = _find_present(field, channels)
    image = to_uint8(_check_image(_read(field, present, full_scale), present, found))
    image = insert_absent(image, present)
    table = measure_cells(name, found.nuclei, found.cells)
    cropped = crop_boxes(
        image,
        found.nuclei,
        found.cells,
        table["cell_id"].to_numpy(),
        table[["y0", "x0", "y1", "x1"]].to_numpy(),
        keep_neighbours=keep_neighbours,
        preset=preset,
        pixel_size_um=found.pixel_size_um,
    ).without_means_of_others(present)
    table[list(INTENSITY_COLUMNS)] = cropped.mean_intensities
    table["image_hash"] = hash_image(image)
    limits = DropLimits(min_area_um2 / found.pixel_size_um**2, min_fraction_inside, min_intensity)
    table["dropped"] = find_drop_reasons(table, limits, present)
    in_order = tuple(channel for channel in CHANNELS if channel in present)
    return FieldTiles(table.astype(COLUMN_TYPES), cropped, in_order, preset)


def _find_present(field: Field | NDArray[Any], channels: Sequence[str] | None) -> tuple[str, ...]:
    if channels is None:
        present = find_channels([field]) if isinstance(field, Field) else CHANNELS
    else:
        present = tuple(channels)
    unknown = [channel for channel in present if channel not in CHANNELS]
    if unknown or len(set(present)) < len(present):
        raise InputError(
            found=f"channels = {', '.join(present)}",
            where="crop_cells",
            expected=f"each of {', '.join(CHANNELS)} at most once",
        )
    check_protein_and_nuclei(present)
    return present


def _read(field: Field | NDArray[Any], channels: Sequence[str], full_scale: int | None) -> NDArray[Any]:
    if isinstance(field, Field):
        return (field if full_scale is None else replace(field, full_scale=full_scale)).read(channels)
    return fill_range(to_native(field), full_scale)


def _check_image(image: NDArray[Any], channels: Sequence[str], found: LabelImages) -> NDArray[Any]:
    shape = (len(channels), *found.cells.shape)
    if image.shape != shape or image.dtype not in (np.uint8, np.uint16):
        raise InputError(
            found=f"an image of shape {image.shape}, {image.dtype}",
            where="crop_cells",
            expected=f"shape {shape}, the size of the label images, and uint8 or uint16",
            advice=f"give the field that was segmented, with the channels {', '.join(channels)}",
        )
    return image
