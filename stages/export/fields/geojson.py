"""The cells of each field as outlines with classes and measurements, GeoJSON for QuPath."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.atomic import atomic_write
from data.cells.segmented_labels import read_segmented_labels
from data.errors import InputError
from data.export.cell_annotations import MEASURED
from data.export.fields.class_colours import choose_colours
from data.export.fields.qupath import OutlinedCell, format_cells, outline_cell
from data.fields.field import Field
from stages.export.annotations import Annotator
from stages.export.fields.predicted_fields import PredictedField
from stages.export.fields.successive_fields import open_fields
from stages.export.paths import ExportInputs
from stages.export.settings import ExportSettings
from stages.stage import Context, Failure, StageReport

log = logging.getLogger("hpacells")

_PLACE = ("image_height", "image_width", "y0", "x0", "y1", "x1")
_NUMBERS = (*(name for name in MEASURED if name not in _PLACE), "area_um2", "nucleus_area_um2")


@dataclass(frozen=True)
class _Written:
    """What is worth telling of a field: its cells, and the first of those that have several parts."""

    cells: int
    divided: list[str]


def write_geojson(
    inputs: ExportInputs, folder: Path, settings: ExportSettings, context: Context
) -> StageReport:
    """Write ``<ID>.geojson`` for every field; a field that fails is counted and does not stop the others.

    Raises
    ------
    InputError
        As `run` says.
    """
    fields = inputs.fields
    cells = open_fields(inputs, [field.image_id for field in fields], unpredicted=settings.unpredicted)
    annotator = Annotator(inputs, cells.image_ids, cells.class_names, settings.label_set)
    outliner = _Outliner(inputs, folder, cells.class_names, annotator)
    failures: list[Failure] = []
    divided: list[str] = []
    count = 0
    items = ((field, cells.take(field.image_id)) for field in fields)
    for (field, _), done in context.map(outliner, items, description="export", total=len(fields)):
        if isinstance(done, Exception):
            failures.append(Failure(field.image_id, str(done)))
            # Nothing that an earlier run wrote may pass for today's.
            outliner.path(field).unlink(missing_ok=True)
            continue
        count += done.cells
        divided += done.divided
    if divided:
        log.warning(
            "export: %d cells are of several parts, such as %s; QuPath takes one outline per cell: "
            "that of the largest part is written",
            len(divided),
            divided[0],
        )
    counts: dict[str, int | float] = {
        "fields": len(fields) - len(failures),
        "failed": len(failures),
        "cells": count,
        "left out": cells.left_out,
    }
    if divided:
        counts["cells of several parts"] = len(divided)
    return StageReport(counts=counts, failures=failures)


class _Outliner:
    """Write the outlines of one field; called from several threads."""

    def __init__(
        self, inputs: ExportInputs, folder: Path, class_names: tuple[str, ...], annotator: Annotator
    ) -> None:
        if inputs.masks_dir is None:
            message = "no folder of masks"
            raise ValueError(message)
        self._masks_dir, self._folder, self._annotator = inputs.masks_dir, folder, annotator
        self._class_names, self._colours = class_names, choose_colours(len(class_names))

    def path(self, field: Field) -> Path:
        """Return the file of a field."""
        return self._folder / f"{field.image_id}.geojson"

    def __call__(self, item: tuple[Field, PredictedField]) -> _Written:
        """Write the file of a field with its cells."""
        field, found = item
        cells = self._outline(field.image_id, found)
        with atomic_write(self.path(field)) as temporary:
            temporary.write_text(format_cells(cells), encoding="utf-8")
        divided = [f"cell {cell.number} of {field.image_id}" for cell in cells if cell.cell.parts > 1]
        return _Written(len(cells), divided)

    def _outline(self, image_id: str, found: PredictedField) -> list[OutlinedCell]:
        nuclei, cells = read_segmented_labels(self._masks_dir, image_id)
        table, outlined = found.table, []
        known = self._annotator.annotate(table, found.labels)
        measured, texts = known[list(_NUMBERS)], known[["cell_id", *_find_texts(known)]].astype(object)
        boxes = table[["y0", "x0", "y1", "x1"]].to_numpy().tolist()
        for row, (number, (y0, x0, y1, x1)) in enumerate(zip(table["cell_id"].tolist(), boxes, strict=True)):
            window = slice(y0, y1), slice(x0, x1)
            mask = cells[window] == number
            outlines = outline_cell(mask, nuclei[window] == number, x0, y0)
            if outlines is None or np.count_nonzero(mask) != table["area_px"].iloc[row]:
                raise InputError(
                    found=f"its mask does not show cell {number} as the cells table has it",
                    where=f"field {image_id}",
                    expected="the mask whose cells were predicted",
                    advice="run `hpacells segment` and the stages after it again",
                )
            likeliest = self._find_likeliest(found, row)
            outlined.append(
                OutlinedCell(
                    image_id,
                    number,
                    *outlines,
                    class_name="" if likeliest is None else self._class_names[likeliest],
                    colour=self._colours[likeliest or 0],
                    measurements=self._measure(found.probabilities[row], measured.iloc[row]),
                    metadata=_describe(texts.iloc[row]),
                )
            )
        return outlined

    def _find_likeliest(self, found: PredictedField, row: int) -> int | None:
        return None if found.called[row] is None else int(found.probabilities[row].argmax())

    def _measure(self, probabilities: NDArray[np.float32], measured: pd.Series) -> dict[str, float]:
        names = name_measurements(self._class_names, _NUMBERS)
        numbers = [*probabilities.tolist(), *measured.tolist()]
        return {name: _shorten(number) for name, number in zip((*names, *_NUMBERS), numbers, strict=True)}


def _find_texts(known: pd.DataFrame) -> list[str]:
    return [str(name) for name in known if isinstance(known[name].dtype, pd.CategoricalDtype)]


def _describe(texts: pd.Series) -> dict[str, str]:
    return {str(name): str(text) for name, text in texts.items() if not pd.isna(text)}


def name_measurements(class_names: Sequence[str], others: Sequence[str]) -> list[str]:
    """Return what the probability of each class is called: as the class, unless something else is."""
    return [f"probability of {name}" if name in others else name for name in class_names]


def _shorten(value: Any) -> float:
    """Return a number with the digits that a float32 has."""
    return float(f"{float(value):.7g}")
