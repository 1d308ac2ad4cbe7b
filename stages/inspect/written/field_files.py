"""The files of one field, or of one group of pre-cropped cells."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.fields.fewer_channels.absent_channels import insert_absent
from data.plots.composites import composite, find_outlines, stretch_contrast
from data.tiles.tile_store import TileStore
from stages.inspect.attention.maps import CellAttention
from stages.inspect.cells.cell_facts import CellFacts
from stages.inspect.cells.shown_field import ShownField
from stages.inspect.pictures import draw_tile, shrink_planes, write_jpeg
from stages.inspect.settings import InspectSettings
from stages.inspect.written.channel_pictures import write_channels
from stages.inspect.written.scripts import write_script

THUMBNAIL = 380
TILE = 128
ATTENTION_TILE = 256
SHEET_TILES = 100
"""Tiles in one picture: JPEG ends at 65,500 px, and browsers show no more than 32,767."""

_DIGITS = 3


class FieldFiles:
    """Write the files of fields, one at a time; called from several threads.

    Parameters
    ----------
    folder
        The report.
    tiles
        The tile store.
    facts
        What is said of each cell.
    attention
        What the network attends to in some of them.
    neighbours
        Row -> the cells that are most like it, as [page, number, distance] each.
    settings
        Of the report: format and size of the channels' pictures.
    """

    def __init__(
        self,
        folder: Path,
        tiles: TileStore,
        facts: CellFacts,
        attention: CellAttention,
        neighbours: Mapping[int, Sequence[Sequence[float]]],
        settings: InspectSettings,
    ) -> None:
        self._folder, self._tiles, self._facts = folder, tiles, facts
        self._attention, self._neighbours, self._settings = attention, neighbours, settings
        (folder / "fields").mkdir()

    def write(self, field: ShownField) -> None:
        """Write all files of a field: ``fields/<page>.js`` and its pictures."""
        stem = self._folder / "fields" / str(field.page)
        picture = composite(shrink_planes(stretch_contrast(field.image, field.contrast), THUMBNAIL))
        write_jpeg(stem.with_name(f"{stem.name}_small.jpg"), picture)
        name = f"fields/{field.page}"
        channels = write_channels(
            self._folder,
            name,
            field.image,
            field.contrast,
            self._tiles.channels,
            self._settings.pictures,
            self._settings.picture_size,
        )
        sheets, attended = self._write_sheets(stem, field)
        height, width = field.labels.shape
        content: dict[str, Any] = {
            "title": field.title,
            "width": width,
            "height": height,
            "um": field.um,
            "channels": channels,
            "tile": TILE,
            "sheetTiles": SHEET_TILES,
            "sheets": sheets,
            "attentionTile": ATTENTION_TILE,
            "cells": self._describe_cells(field, attended),
            **(field.about or {}),
        }
        write_script(self._folder, name, content)

    def _write_sheets(self, stem: Path, field: ShownField) -> tuple[int, dict[int, int]]:
        """Draw the tiles below each other, on as many sheets as they need, and so the attention.

        Returns the number of sheets, and of the tiles with attention their places on those of the attention.
        """
        stored = self._facts.stored[field.rows]
        contrasts = field.tile_contrasts
        if contrasts is None:
            contrasts = np.broadcast_to(field.contrast, (len(field.rows), *field.contrast.shape))
        overlays: list[NDArray[np.uint8]] = []
        attended: dict[int, int] = {}
        starts = range(0, len(field.rows), SHEET_TILES)
        for start in starts:
            part = stored[start : start + SHEET_TILES]
            tiles = insert_absent(self._tiles.read(part), self._tiles.channels)
            pairs = list(zip(part.tolist(), tiles, contrasts[start : start + SHEET_TILES], strict=True))
            sheet = np.vstack([draw_tile(tile, contrast, TILE) for _, tile, contrast in pairs])
            write_jpeg(stem.with_name(f"{stem.name}_tiles_{start // SHEET_TILES + 1}.jpg"), sheet)
            for row, tile, contrast in pairs:
                if row in self._attention.maps:
                    attended[row] = len(overlays)
                    overlays.append(self._attention.draw(row, tile, contrast, ATTENTION_TILE))
        for start in range(0, len(overlays), SHEET_TILES):
            sheet = np.vstack(overlays[start : start + SHEET_TILES])
            write_jpeg(stem.with_name(f"{stem.name}_attention_{start // SHEET_TILES + 1}.jpg"), sheet)
        return len(starts), attended

    def _describe_cells(self, field: ShownField, attended: Mapping[int, int]) -> list[dict[str, Any]]:
        outlines = {outline.cell_id: outline.points for outline in find_outlines(field.labels)}
        entries = []
        for place, (row, number) in enumerate(zip(field.rows.tolist(), field.numbers.tolist(), strict=True)):
            entry = {"n": number} | self._facts.describe(row)
            if field.boxes is not None:
                entry["stored"], entry["box"] = entry["box"], field.boxes[place]
            points = outlines.get(number)
            entry["outline"] = "" if points is None else " ".join(f"{x},{y}" for x, y in points)
            entry["near"] = [
                [page, other, round(float(distance), _DIGITS)]
                for page, other, distance in self._neighbours.get(row, ())
            ]
            tile = int(self._facts.stored[row])
            if tile in attended:
                entry["attention"] = [attended[tile], self._attention.describe(tile)]
            entries.append(entry)
        return entries
