"""The groups of pre-cropped cells of a report, each as a mosaic of its cells' tiles."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from data.fields.fewer_channels.absent_channels import insert_absent
from data.plots.composites import find_contrast, stretch_contrast
from data.tiles.tile_store import TileStore
from stages.inspect.cells.groups import CellGroup
from stages.inspect.cells.places import Places
from stages.inspect.cells.shown_field import ShownField

_WHOLE = np.array([[0.0, 255.0]] * 4)


class Mosaics:
    """Read the groups that are shown.

    Parameters
    ----------
    tiles
        The tile store, of which the tiles of one group are read at a time.
    groups
        The groups.
    """

    def __init__(self, tiles: TileStore, groups: Sequence[CellGroup]) -> None:
        self._tiles, self._groups = tiles, groups
        self.titles = [group.title for group in groups]

    def __len__(self) -> int:
        """Count the groups."""
        return len(self._groups)

    @property
    def pages(self) -> Sequence[int]:
        """The numbers of the groups, from 1."""
        return range(1, len(self) + 1)

    @property
    def places(self) -> Places:
        """Where each cell is shown."""
        page, number = (np.zeros(len(self._tiles), np.int32) for _ in range(2))
        for group in self._groups:
            page[group.rows] = group.number
            number[group.rows] = np.arange(1, len(group.rows) + 1)
        return Places(page, number)

    def rows(self, page: int) -> NDArray[np.intp]:
        """Return the rows of a group's cells."""
        return self._groups[page - 1].rows

    def read(self, page: int) -> ShownField:
        """Read the tiles of a group, and lay them out row by row.

        Cells of a group share their contrast; of those that are alone each is stretched by its own.
        """
        group = self._groups[page - 1]
        tiles = insert_absent(self._tiles.read(group.rows), self._tiles.channels)
        masks = self._tiles.cell_masks(group.rows)
        numbers = np.arange(1, len(tiles) + 1, dtype=np.int32)
        if group.together:
            contrast = find_contrast(np.concatenate(list(tiles), axis=1))
            contrasts = np.broadcast_to(contrast, (len(tiles), *contrast.shape))
            shown = tiles
        else:
            contrasts = np.stack([find_contrast(tile) for tile in tiles])
            contrast = _WHOLE
            shown = np.stack(
                [stretch_contrast(tile, own) for tile, own in zip(tiles, contrasts, strict=True)]
            )
        image, labels, boxes = _lay_out(shown, masks)
        return ShownField(
            page=page,
            title=group.title,
            image=image,
            contrast=contrast,
            labels=labels,
            rows=group.rows,
            numbers=numbers,
            about={"together": group.together, "mosaic": tiles.shape[-1]},
            tile_contrasts=contrasts,
            boxes=boxes,
        )


def _lay_out(
    tiles: NDArray[np.uint8], masks: NDArray[np.bool_]
) -> tuple[NDArray[np.uint8], NDArray[np.uint16], NDArray[np.int32]]:
    """Lay tiles (n, 4, S, S) and their masks out as a square: image, label image, and a box per cell."""
    count, side = len(tiles), tiles.shape[-1]
    columns = math.ceil(math.sqrt(count))
    lines = math.ceil(count / columns)
    image = np.zeros((tiles.shape[1], lines * side, columns * side), np.uint8)
    labels = np.zeros(image.shape[1:], np.uint16)
    boxes = np.zeros((count, 4), np.int32)
    for place, (tile, mask) in enumerate(zip(tiles, masks, strict=True)):
        y, x = side * (place // columns), side * (place % columns)
        image[:, y : y + side, x : x + side] = tile
        labels[y : y + side, x : x + side][mask] = place + 1
        boxes[place] = y, x, y + side, x + side
    return image, labels, boxes
