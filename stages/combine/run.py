"""Combine: write the submission, a triple of label, confidence and mask for each cell and class."""

import logging
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.cells.stored_cells import StoredCells
from data.errors import InputError
from data.fields.images_table import read_images
from data.predictions.prediction_string import choose_classes, choose_triples, format_prediction_string
from data.predictions.predictions_table import read_calibrations, read_image_weight
from data.predictions.submission import SubmissionRow, write_submission
from data.rules.cell_facts import collect_facts
from data.rules.rules import apply_rules
from stages.combine.expected_size import tell_size
from stages.combine.image_table import read_image_probabilities
from stages.combine.joined_cells import join_cells, merge_classes
from stages.combine.paths import CombineInputs, CombineOutputs
from stages.combine.settings import CombineSettings
from stages.stage import Context, StageReport

log = logging.getLogger("hpacells")

_NO_ROWS = np.empty(0, np.intp)
_CELLS_AT_A_TIME = 2**16


def run(
    inputs: CombineInputs, outputs: CombineOutputs, settings: CombineSettings, context: Context
) -> StageReport:
    """Write a submission with every cell that is neither dropped nor left out by a rule.

    Confidences are the predicted probabilities, or what the rules make of them; they have 6 significant
    digits. The most confident triple of an image comes first.

    Returns
    -------
    StageReport
        With ``class_names`` in its details, which are not in the submission itself, and, where classes were
        merged, ``merged``: the members of each, and the classes that have no place.

    Raises
    ------
    InputError
        A prediction is of a cell that the table lacks, a cell that is not dropped lacks its prediction, a
        cell lies in an image that the images table or the table of fields lacks, the label set has none of
        the predicted classes, or the submission will not fit on the disk.
    """
    cells = StoredCells(inputs.cells_path)
    table, probabilities = join_cells(inputs.cells_path, inputs.predictions_path)
    sizes = _read_sizes(table, inputs)
    kept = table[table["dropped"] == ""]
    probabilities = probabilities[kept["prediction"].to_numpy(np.intp)]
    probabilities, details = merge_classes(probabilities, inputs.predictions_path, settings.label_set)
    calibrations = read_calibrations(inputs.predictions_path)
    if calibrations is not None:
        details["calibrations"] = list(calibrations)
    facts = collect_facts(kept, inputs.pixel_sizes_um)
    images = inputs.image_predictions_path
    confidences = apply_rules(
        probabilities,
        facts,
        details["class_names"],
        settings.rules,
        read_image_weight(inputs.predictions_path),
        None
        if images is None
        else read_image_probabilities(images, facts.image_ids, inputs.predictions_path, settings.label_set),
    )
    kept, probabilities = kept[~confidences.left_out], confidences.values[~confidences.left_out]
    classes = _count_classes(probabilities, settings)
    tell_size(outputs.submission_path, classes, cells.mean_mask_bytes)
    with context.track("combine", len(sizes)) as advance:
        write_submission(outputs.submission_path, _rows(sizes, kept, probabilities, cells, settings, advance))
    return StageReport(
        counts={
            "images": len(sizes),
            "cells": len(kept),
            "dropped": int((table["dropped"] != "").sum()),
            **({"left out by a rule": int(confidences.left_out.sum())} if confidences.left_out.any() else {}),
            "triples": int(classes.sum()),
            "cells without a triple": int((classes == 0).sum()),
        },
        details=details,
    )


def _count_classes(probabilities: NDArray[np.floating], settings: CombineSettings) -> NDArray[np.int64]:
    """Count the classes that are written of each cell: (n,)."""
    parts = [
        choose_classes(
            probabilities[start : start + _CELLS_AT_A_TIME], settings.min_confidence, settings.max_classes
        ).sum(axis=1)
        for start in range(0, len(probabilities), _CELLS_AT_A_TIME)
    ]
    return np.concatenate([np.empty(0, np.int64), *parts])


def _read_sizes(table: pd.DataFrame, inputs: CombineInputs) -> pd.DataFrame:
    """Return ``image_id``, ``image_height`` and ``image_width`` of the images that get a row."""
    images = inputs.images_table_path
    columns = ["image_id", "image_height", "image_width"]
    if images is None:
        return table[columns].drop_duplicates("image_id")
    sizes = read_images(images)[columns]
    other = table[~table["image_id"].isin(sizes["image_id"])]
    if len(other):
        raise InputError(
            found=f"no image {other['image_id'].iloc[0]}, of which {inputs.cells_path} has cells",
            where=images,
            expected="the images of these cells",
            advice="run `hpacells segment` again",
        )
    return sizes


def _rows(
    sizes: pd.DataFrame,
    kept: pd.DataFrame,
    probabilities: NDArray[np.floating],
    cells: StoredCells,
    settings: CombineSettings,
    advance: Callable[[int], None],
) -> Iterator[SubmissionRow]:
    rows_in_file = kept["row"].to_numpy(np.intp)
    rows_of_image = kept.groupby("image_id", sort=False).indices
    for image_id, height, width in sizes.itertuples(index=False, name=None):
        rows = rows_of_image.get(image_id, _NO_ROWS)
        masks = cells.read_masks(rows_in_file[rows])
        triples = choose_triples(masks, probabilities[rows], settings.min_confidence, settings.max_classes)
        yield SubmissionRow(image_id, width, height, format_prediction_string(triples))
        advance(1)
