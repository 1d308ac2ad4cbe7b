"""Inspect: an HTML report that opens from disk and shows every cell with what was predicted for it."""

import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import cv2
import jinja2
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field as Setting

from data.atomic import atomic_write
from data.cells import read_cells
from data.composites import composite, find_contrast, find_outlines, protein_only, shrink, stretch_contrast
from data.errors import InputError
from data.fields import Field, find_fields, to_uint8
from data.images import read_images
from data.masks import read_label_image
from data.predictions import probability_columns, read_class_names, read_predictions
from data.tiles import TileStore
from stages.stage import Context, Failure, StageReport, StageSettings

_TEMPLATES = Path(__file__).with_name("templates")
_THUMBNAIL = 380
_TILE = 128


class InspectSettings(StageSettings):
    """Settings of the inspect stage."""

    max_fields: int = Setting(500, ge=1, description="show at most so many fields, evenly spread over all")
    top_classes: int = Setting(3, ge=1, description="classes shown for each cell")
    picture_size: int = Setting(1400, ge=200, description="longer side of a field's pictures in px")


@dataclass(frozen=True)
class Sources:
    """Where the report's content lies; scores and curves are shown where they exist.

    ``full_scale`` is the setting of the crops stage, so that fields are shown as bright as their tiles.
    """

    images: Path
    masks: Path
    images_table: Path
    cells: Path
    tiles: Path
    predictions: Path
    curves: Path
    scores: dict[str, Any] | None
    full_scale: int | None = None


def run(sources: Sources, report: Path, settings: InspectSettings, context: Context) -> StageReport:
    """Write ``index.html`` with the scores per class, and a page a field with its outlines and cells.

    A field that cannot be shown is named in the report and counted as failed.
    """
    table = read_cells(sources.cells)
    images = read_images(sources.images_table)
    shown = images.iloc[np.unique(np.linspace(0, len(images) - 1, settings.max_fields).astype(int))]
    temporary = report.with_name(f".{report.name}.partial")
    shutil.rmtree(temporary, ignore_errors=True)
    (temporary / "fields").mkdir(parents=True)
    pages = _FieldPages(sources, table, temporary / "fields", settings)
    fields, failures = [], []
    for image_id, page in context.map(
        pages, shown["image_id"].tolist(), description="inspect", total=len(shown)
    ):
        if isinstance(page, Exception):
            failures.append(Failure(image_id, str(page)))
        else:
            fields.append(page)
    _write_index(temporary, sources, table, images, fields, failures)
    shutil.rmtree(report, ignore_errors=True)
    temporary.rename(report)
    return StageReport(counts={"fields": len(fields), "cells": len(table)}, failures=failures)


class _FieldPages:
    """Write one field's page and pictures; called from several threads."""

    def __init__(
        self, sources: Sources, table: pd.DataFrame, folder: Path, settings: InspectSettings
    ) -> None:
        self._sources, self._folder, self._settings = sources, folder, settings
        self._fields = {field.image_id: field for field in find_fields(sources.images)}
        self._rows = dict(list(table.reset_index(names="row").groupby("image_id")))
        predictions = read_predictions(sources.predictions, embedding=False)
        cells = zip(predictions["image_id"], predictions["cell_id"], strict=True)
        probabilities = predictions[probability_columns(predictions.columns)].to_numpy()
        self._probabilities = dict(zip(cells, probabilities, strict=True))
        self._class_names = read_class_names(sources.predictions)
        self._tiles = TileStore(sources.tiles)
        self._template = _environment().get_template("field.html")

    def __call__(self, image_id: str) -> dict[str, Any]:
        image = to_uint8(self._field(image_id).read(), self._sources.full_scale)
        contrast = find_contrast(image)
        image = stretch_contrast(image, contrast)
        cells = read_label_image(self._sources.masks / f"{image_id}_cells.png")
        size = self._settings.picture_size
        picture = shrink(composite(image), size)
        _write_jpeg(self._folder / f"{image_id}.jpg", picture)
        _write_jpeg(self._folder / f"{image_id}_protein.jpg", shrink(protein_only(image), size))
        _write_jpeg(self._folder / f"{image_id}_small.jpg", shrink(picture, _THUMBNAIL))
        rows = self._rows.get(image_id)
        entries = [] if rows is None else self._cells(rows, cells)
        if rows is not None:
            _write_jpeg(
                self._folder / f"{image_id}_tiles.jpg", self._sprite(rows["row"].to_numpy(), contrast)
            )
        height, width = cells.shape
        page = self._template.render(
            image_id=image_id, file=quote(image_id), width=width, height=height, cells=entries
        )
        (self._folder / f"{image_id}.html").write_text(page, encoding="utf-8")
        return {"image_id": image_id, "file": quote(image_id), "cells": len(entries)}

    def _field(self, image_id: str) -> Field:
        if image_id not in self._fields:
            raise InputError(
                found=f"no field {image_id}",
                where=self._sources.images,
                expected="the images that were segmented",
            )
        return self._fields[image_id]

    def _cells(self, rows: pd.DataFrame, cells: NDArray[np.uint16]) -> list[dict[str, Any]]:
        outlines = {outline.cell_id: outline.points for outline in find_outlines(cells)}
        entries = []
        for row in rows.to_dict("records"):
            points = outlines[row["cell_id"]]
            entries.append(
                {
                    "cell_id": row["cell_id"],
                    "area": row["area_px"],
                    "dropped": row["dropped"],
                    "points": " ".join(f"{x},{y}" for x, y in points),
                    "x": int(row["x0"] + row["x1"]) // 2,
                    "y": int(row["y0"] + row["y1"]) // 2,
                    "top": self._top_classes((row["image_id"], row["cell_id"])),
                }
            )
        return entries

    def _top_classes(self, cell: tuple[str, int]) -> list[dict[str, Any]]:
        probabilities = self._probabilities.get(cell)
        if probabilities is None:
            return []
        best = np.argsort(-probabilities)[: self._settings.top_classes]
        return [
            {"name": self._class_names[label], "confidence": float(probabilities[label])} for label in best
        ]

    def _sprite(self, rows: NDArray[np.integer], contrast: NDArray[np.float64]) -> NDArray[np.uint8]:
        """Stack the cells' tiles in one picture: left the composite, right the protein alone."""
        strips = []
        for tile in self._tiles.read(rows):
            stretched = stretch_contrast(tile, contrast)
            pictures = [shrink(picture(stretched), _TILE) for picture in (composite, protein_only)]
            strips.append(np.hstack(pictures))
        return np.vstack(strips)


def _write_index(
    folder: Path,
    sources: Sources,
    table: pd.DataFrame,
    images: pd.DataFrame,
    fields: list[dict[str, Any]],
    failures: list[Failure],
) -> None:
    dropped = Counter(reason for reason in table["dropped"] if reason)
    if sources.curves.is_file():
        shutil.copyfile(sources.curves, folder / "curves.png")
    page = (
        _environment()
        .get_template("index.html")
        .render(
            images=images["image_id"].tolist(),
            cells=len(table),
            kept=len(table) - dropped.total(),
            dropped=dict(dropped),
            score=sources.scores,
            curves=sources.curves.is_file(),
            fields=fields,
            failures=failures,
        )
    )
    shutil.copyfile(_TEMPLATES / "style.css", folder / "style.css")
    with atomic_write(folder / "index.html") as temporary:
        temporary.write_text(page, encoding="utf-8")


def _environment() -> jinja2.Environment:
    loader = jinja2.FileSystemLoader(_TEMPLATES)
    return jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True)


def _write_jpeg(path: Path, picture: NDArray[np.uint8]) -> None:
    ok, encoded = cv2.imencode(".jpg", picture[..., ::-1], (cv2.IMWRITE_JPEG_QUALITY, 88))
    if not ok:
        raise InputError(found=f"a picture of shape {picture.shape} cannot be written", where=path)
    path.write_bytes(encoded.tobytes())
