"""Pages of the segmented fields: each with its outlines and cells."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.cells.field_cells import read_pictures
from data.cells.record_paths import field_cells_path
from data.errors import InputError
from data.fields.fewer_channels.absent_channels import insert_absent
from data.fields.field import Field
from data.fields.picture_files import refuse_other
from data.images.grey_levels import to_uint8
from data.masks.label_image import read_label_image
from data.plots.composites import (
    composite,
    describe_composite,
    find_contrast,
    find_outlines,
    protein_only,
    shrink,
    stretch_contrast,
)
from data.tiles.tile_store import TileStore
from stages.inspect.attention.maps import SCALE, CellAttention
from stages.inspect.cells.predicted_cells import PredictedCells
from stages.inspect.given_labels import compare_labels, read_given_labels
from stages.inspect.paths import InspectInputs
from stages.inspect.pictures import draw_tile, write_jpeg
from stages.inspect.settings import InspectSettings
from stages.pages.template import write_page

_THUMBNAIL = 380
_TILE = 128
_ATTENTION = "attention"
_SHEET_TILES = 200
"""Tiles in one picture: JPEG ends at 65,500 px, and browsers show no more than 32,767."""

_LARGEST_NUMBERS = 45
"""The cells' numbers are at least so many times smaller than the picture is wide."""

CELL_COLUMNS = ("image_id", "cell_id", "y0", "x0", "y1", "x1", "area_px", "dropped")
"""Columns of the cells table of which the pages are made."""


class FieldPages:
    """Write one field's page and pictures; called from several threads.

    Parameters
    ----------
    inputs
        The fields and the files of their cells.
    table
        The cells table, with at least ``CELL_COLUMNS``.
    folder
        Where the pages are written.
    settings
        Of the report.
    predicted
        What was predicted for the cells, in the order of the table.
    attention
        What the network attends to in some of them.
    """

    def __init__(
        self,
        inputs: InspectInputs,
        table: pd.DataFrame,
        folder: Path,
        settings: InspectSettings,
        predicted: PredictedCells,
        attention: CellAttention,
    ) -> None:
        self._inputs, self._folder, self._settings = inputs, folder, settings
        self._fields = {field.image_id: field for field in inputs.fields}
        self._table, self._rows = table, table.groupby("image_id").indices
        self._predicted, self._attention = predicted, attention
        self._given: dict[str, tuple[str, ...]] = {}
        if inputs.labels_path is not None and self._predicted.label_set is not None:
            self._given = read_given_labels(inputs.labels_path, self._predicted.label_set, self._fields)
        self._tiles = TileStore(inputs.tiles_path)

    def __call__(self, image_id: str) -> dict[str, Any]:
        """Write a field's page; give what the index says of it."""
        channels, field = self._tiles.channels, self._field(image_id)
        refuse_other(field, read_pictures(field_cells_path(self._inputs.masks_dir, image_id)))
        image = insert_absent(to_uint8(field.read(channels)), channels)
        contrast = find_contrast(image)
        image = stretch_contrast(image, contrast)
        cells = read_label_image(self._inputs.masks_dir / f"{image_id}_cells.png")
        size = self._settings.picture_size
        picture = shrink(composite(image), size)
        # Every name has an ending, so that field A_protein's are not those of field A.
        write_jpeg(self._folder / f"{image_id}_composite.jpg", picture)
        write_jpeg(self._folder / f"{image_id}_protein.jpg", shrink(protein_only(image), size))
        write_jpeg(self._folder / f"{image_id}_small.jpg", shrink(picture, _THUMBNAIL))
        rows = self._rows_of(image_id)
        entries = [] if rows is None else self._cells(rows, cells)
        if rows is not None:
            self._write_tiles(image_id, rows["row"].to_numpy(), contrast)
        height, width = cells.shape
        about: dict[str, Any] = {"image_id": image_id, "file": quote(image_id)}
        about["given"] = self._given.get(image_id, ())
        path = self._folder / f"{image_id}.html"
        write_page(
            path,
            "field.html",
            **about,
            width=width,
            height=height,
            colours=describe_composite(channels),
            attention=self._attention.legend,
            attention_scale=SCALE,
            number_size=_size_numbers(width, rows),
            cells=entries,
        )
        return about | {"cells": len(entries)}

    def _write_tiles(self, image_id: str, rows: NDArray[np.integer], contrast: NDArray[np.float64]) -> None:
        """Draw the tiles below each other, on as many sheets as they need, and so the attention."""
        attended = self._attended(rows)
        for what, numbers in (("tiles", rows), (_ATTENTION, attended)):
            for start in range(0, len(numbers), _SHEET_TILES):
                part = numbers[start : start + _SHEET_TILES]
                tiles = insert_absent(self._tiles.read(part), self._tiles.channels)
                sheet = np.vstack(
                    [
                        draw_tile(tile, contrast, _TILE)
                        if what == "tiles"
                        else self._attention.draw(row, tile, contrast, _TILE)
                        for row, tile in zip(part.tolist(), tiles, strict=True)
                    ]
                )
                write_jpeg(self._folder / (image_id + _sheet_ending(start, what)), sheet)

    def _attended(self, rows: NDArray[np.integer]) -> NDArray[np.intp]:
        """Return the rows of the cells whose attention is shown."""
        return np.array([row for row in rows.tolist() if row in self._attention.maps], np.intp)

    def _rows_of(self, image_id: str) -> pd.DataFrame | None:
        """Return the rows of a field's cells, with their numbers in the column ``row``; None for none."""
        rows = self._rows.get(image_id)
        return None if rows is None else self._table.iloc[rows].assign(row=rows)

    def _field(self, image_id: str) -> Field:
        if image_id not in self._fields:
            raise InputError(
                found=f"no field {image_id}",
                where=self._inputs.images_dir,
                expected="the images that were segmented",
            )
        return self._fields[image_id]

    def _cells(self, rows: pd.DataFrame, cells: NDArray[np.uint16]) -> list[dict[str, Any]]:
        outlines = {outline.cell_id: outline.points for outline in find_outlines(cells)}
        entries = []
        attended = {row: place for place, row in enumerate(self._attended(rows["row"].to_numpy()).tolist())}
        for index, row in enumerate(rows.to_dict("records")):
            points = outlines[row["cell_id"]]
            called = self._predicted.called(row["row"])
            names = None if called is None else self._predicted.name(called)
            entries.append(
                {
                    "cell_id": row["cell_id"],
                    "area": row["area_px"],
                    "dropped": row["dropped"],
                    "sheet": _sheet_ending(index),
                    "sheet_y": index % _SHEET_TILES * _TILE,
                    "attention": self._describe_attention(row["row"], attended),
                    "verdict": compare_labels(names, self._given.get(row["image_id"])),
                    "points": " ".join(f"{x},{y}" for x, y in points),
                    "x": int(row["x0"] + row["x1"]) // 2,
                    "y": int(row["y0"] + row["y1"]) // 2,
                    "top": self._predicted.top(row["row"], self._settings.top_classes),
                }
            )
        return entries

    def _describe_attention(self, row: int, attended: Mapping[int, int]) -> dict[str, Any] | None:
        """Return where a cell's attention is and what is said of it; None where it has none."""
        place = attended.get(row)
        if place is None:
            return None
        y = place % _SHEET_TILES * _TILE
        return {"sheet": _sheet_ending(place, _ATTENTION), "y": y, "text": self._attention.describe(row)}


def _sheet_ending(index: int, what: str = "tiles") -> str:
    """Return how the name of the sheet ends that has a picture, counted over all of a field."""
    sheet = index // _SHEET_TILES
    return f"_{what}_{sheet + 1}.jpg" if sheet else f"_{what}.jpg"


def _size_numbers(width: int, rows: pd.DataFrame | None) -> float:
    """Choose how large the cells' numbers are, px of the field, so that they fit small cells, too."""
    largest = width / _LARGEST_NUMBERS
    if rows is None:
        return round(largest, 1)
    return round(min(largest, 0.4 * float(np.sqrt(rows["area_px"].median()))), 1)
