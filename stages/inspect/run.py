"""Inspect: an HTML report that opens from disk and shows every cell with what was predicted for it."""

import numpy as np

from data.fields.images_table import read_images
from data.tiles.tile_store import TileStore
from stages.inspect.cells.cell_facts import GivenClasses
from stages.inspect.cells.predicted_cells import read_classes
from stages.inspect.given_labels import read_given_labels
from stages.inspect.paths import InspectInputs, InspectOutputs
from stages.inspect.report import Report
from stages.inspect.segmented_fields import SegmentedFields
from stages.inspect.settings import InspectSettings
from stages.inspect.survey import survey_cells
from stages.stage import Context, StageReport


def run(
    inputs: InspectInputs, outputs: InspectOutputs, settings: InspectSettings, context: Context
) -> StageReport:
    """Write ``index.html``, its scripts, and the files of each field, which it loads when they are needed.

    Fields are read one at a time, and of the tables, where these have one order, some thousand rows besides
    the cells that are shown. A field that cannot be shown is named in the report and counted as failed.

    Raises
    ------
    InputError
        A file is missing or does not fit the others, the label file has a label of none of the fields, or
        there is no such class to order cells by.
    """
    images = read_images(inputs.images_table_path)
    shown = images.iloc[np.unique(np.linspace(0, len(images) - 1, settings.max_fields).astype(int))]
    label_set = read_classes(inputs.predictions_path)
    labels: dict[str, tuple[str, ...]] = {}
    if inputs.labels_path is not None:
        image_ids = [field.image_id for field in inputs.fields]
        labels = read_given_labels(inputs.labels_path, label_set, image_ids)
    tally, facts = survey_cells(
        inputs.cells_path,
        inputs.predictions_path,
        shown["image_id"].tolist(),
        label_set,
        GivenClasses(label_set, labels),
    )
    tiles = TileStore(inputs.tiles_path)
    report = Report(
        inputs=inputs,
        fields=SegmentedFields(inputs, shown, facts.table, tiles.channels),
        total=len(images),
        facts=facts,
        tally=tally,
        tiles=tiles,
        has_groups=False,
    )
    failures = report.write(outputs, settings, context)
    return StageReport(counts={"fields": len(shown) - len(failures), "cells": tally.cells}, failures=failures)
