"""Inspect: an HTML report that opens from disk and shows every cell with what was predicted for it."""

from pathlib import Path

import numpy as np

from data.atomic import atomic_folder
from data.cells.cells_table import read_cells
from data.fields.images_table import read_images
from stages.inspect.field_index import write_field_index
from stages.inspect.field_pages import FieldPages
from stages.inspect.settings import InspectSettings
from stages.inspect.sources import Sources
from stages.stage import Context, Failure, StageReport


def run(sources: Sources, report: Path, settings: InspectSettings, context: Context) -> StageReport:
    """Write ``index.html`` with the scores per class, and a page a field with its outlines and cells.

    A field that cannot be shown is named in the report and counted as failed.
    """
    table = read_cells(sources.cells)
    images = read_images(sources.images_table)
    shown = images.iloc[np.unique(np.linspace(0, len(images) - 1, settings.max_fields).astype(int))]
    with atomic_folder(report, replace=True) as folder:
        (folder / "fields").mkdir()
        pages = FieldPages(sources, table, folder / "fields", settings)
        fields, failures = [], []
        for image_id, page in context.map(
            pages, shown["image_id"].tolist(), description="inspect", total=len(shown)
        ):
            if isinstance(page, Exception):
                failures.append(Failure(image_id, str(page)))
            else:
                fields.append(page)
        write_field_index(folder, sources, table, len(images), fields, failures)
    return StageReport(counts={"fields": len(fields), "cells": len(table)}, failures=failures)
