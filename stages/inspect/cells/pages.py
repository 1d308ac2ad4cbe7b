"""Pages of the pre-cropped cells: a page a group, with its cells' pictures."""

from pathlib import Path
from typing import Any

import numpy as np

from data.fields.fewer_channels.absent_channels import insert_absent
from data.plots.composites import describe_composite, find_contrast
from data.tiles.tile_store import TileStore
from stages.inspect.attention.maps import SCALE
from stages.inspect.cells.cards import CellCards, attention_path, picture_path
from stages.inspect.cells.groups import CellGroup
from stages.inspect.given_labels import PARTLY, WRONG
from stages.inspect.pictures import draw_sheet, draw_tile, write_jpeg
from stages.pages.template import write_page

_TILE = 192
_THUMBNAIL_TILES = 9
_THUMBNAIL = 288


class CellPages:
    """Write one group's page and pictures; called from several threads.

    Parameters
    ----------
    tiles
        The tile store, of which the tiles of one page are read at a time.
    cards
        What is said of each cell.
    folder
        The report.
    count
        How many pages there are.
    """

    def __init__(self, tiles: TileStore, cards: CellCards, folder: Path, count: int) -> None:
        self._tiles, self._cards, self._folder, self._count = tiles, cards, folder, count
        (folder / "cells").mkdir()
        (folder / "tiles").mkdir()

    def __call__(self, group: CellGroup) -> dict[str, Any]:
        """Write a group's page; give what the index says of it."""
        tiles = insert_absent(self._tiles.read(group.rows), self._tiles.channels)
        shared = find_contrast(np.concatenate(list(tiles), axis=1)) if group.together else None
        pictures = []
        for row, tile in zip(group.rows.tolist(), tiles, strict=True):
            contrast = find_contrast(tile) if shared is None else shared
            picture = draw_tile(tile, contrast, _TILE)
            path = self._folder / picture_path(row)
            path.parent.mkdir(exist_ok=True)
            write_jpeg(path, picture)
            if row in self._cards.attention.maps:
                attended = self._cards.attention.draw(row, tile, contrast, _TILE)
                write_jpeg(self._folder / attention_path(row), attended)
            pictures.append(picture[:, :_TILE])
        sheet = draw_sheet(pictures[:_THUMBNAIL_TILES], _THUMBNAIL)
        write_jpeg(self._folder / "cells" / f"{group.number}.jpg", sheet)
        self._write(group, "")
        return self._describe(group) | {"thumbnail": f"cells/{group.number}.jpg"}

    def write_failed(self, group: CellGroup, why: str) -> dict[str, Any]:
        """Write the page of a group whose tiles cannot be shown, without pictures."""
        self._cards.pictured[group.rows] = False
        self._write(group, why)
        return self._describe(group) | {"thumbnail": ""}

    def _write(self, group: CellGroup, why: str) -> None:
        number = group.number
        contrast = "all with one contrast" if group.together else "each with a contrast of its own"
        write_page(
            self._folder / "cells" / f"{number}.html",
            "cells.html",
            title=group.title,
            failure=why,
            colours=describe_composite(self._tiles.channels),
            attention=self._cards.attention.legend,
            attention_scale=SCALE,
            about=f"{len(group.rows)} cells, {contrast}",
            before=f"{number - 1}.html" if number > 1 else "",
            after=f"{number + 1}.html" if number < self._count else "",
            cards=[self._cards.card(row) for row in group.rows.tolist()],
        )

    def _describe(self, group: CellGroup) -> dict[str, Any]:
        verdicts = self._cards.verdicts[group.rows]
        return {
            "number": group.number,
            "title": group.title,
            "cells": len(group.rows),
            "differ": int(np.isin(verdicts, [PARTLY, WRONG]).sum()),
        }
