"""Inspect: an HTML report that opens from disk and shows every cell with what was predicted for it."""

import numpy as np

from data.atomic import atomic_folder
from data.cells.cells_table import read_cells
from data.fields.images_table import read_images
from stages.inspect.attention.find import find_attention
from stages.inspect.attention.maps import write_scale
from stages.inspect.cells.predicted_cells import PredictedCells
from stages.inspect.class_counts import count_patterns
from stages.inspect.field_index import write_field_index
from stages.inspect.field_pages import CELL_COLUMNS, FieldPages
from stages.inspect.paths import InspectInputs, InspectOutputs
from stages.inspect.settings import InspectSettings
from stages.stage import Context, Failure, StageReport


def run(
    inputs: InspectInputs, outputs: InspectOutputs, settings: InspectSettings, context: Context
) -> StageReport:
    """Write ``index.html`` with the scores per class, and one page per field with its outlines and cells.

    A field that cannot be shown is named in the report and counted as failed.
    """
    table = read_cells(inputs.cells_path, list(CELL_COLUMNS))
    images = read_images(inputs.images_table_path)
    shown = images.iloc[np.unique(np.linspace(0, len(images) - 1, settings.max_fields).astype(int))]
    with atomic_folder(outputs.report_dir, replace=True) as folder:
        (folder / "fields").mkdir()
        predicted = PredictedCells(inputs.predictions_path, table)
        attention = find_attention(
            inputs.predicted_by,
            inputs.tiles_path,
            np.flatnonzero(predicted.known & table["image_id"].isin(shown["image_id"]).to_numpy(bool)),
            settings,
            context,
        )
        write_scale(folder, attention)
        pages = FieldPages(inputs, table, folder / "fields", settings, predicted, attention)
        fields, failures = [], []
        for image_id, page in context.map(
            pages, shown["image_id"].tolist(), description="inspect", total=len(shown)
        ):
            if isinstance(page, Exception):
                failures.append(Failure(image_id, str(page)))
            else:
                fields.append(page)
        patterns = count_patterns(table, predicted)
        write_field_index(folder, inputs, table, patterns, len(images), fields, failures, attention.note)
    return StageReport(counts={"fields": len(fields), "cells": len(table)}, failures=failures)
