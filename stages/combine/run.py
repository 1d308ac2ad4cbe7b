"""Combine: write the submission, a triple of label, confidence and mask for each cell and class."""

import logging
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.cells.cells_table import read_cells
from data.cells.stored_cells import StoredCells
from data.errors import InputError
from data.fields.images_table import read_images
from data.labels.class_mapping import map_classes
from data.labels.label_set import read_label_set
from data.predictions.prediction_string import choose_classes, choose_triples, format_prediction_string
from data.predictions.predictions_table import (
    probability_columns,
    read_class_names,
    read_image_weight,
    read_predictions,
)
from data.predictions.submission import SubmissionRow, write_submission
from data.rules.cell_facts import FACT_COLUMNS, collect_facts
from data.rules.rules import apply_rules
from stages.combine.expected_size import tell_size
from stages.combine.paths import CombineInputs, CombineOutputs
from stages.combine.settings import CombineSettings
from stages.stage import Context, StageReport

log = logging.getLogger("hpacells")

_CELL = ["image_id", "cell_id"]
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
        cell lies in an image that the images table lacks, the label set has none of the predicted classes,
        or the submission will not fit on the disk.
    """
    cells = StoredCells(inputs.cells_path)
    table, probabilities = _join(inputs)
    sizes = _read_sizes(table, inputs)
    kept = table[table["dropped"] == ""]
    probabilities = probabilities[kept["prediction"].to_numpy(np.intp)]
    probabilities, details = _merge(probabilities, inputs, settings)
    confidences = apply_rules(
        probabilities,
        collect_facts(kept, inputs.pixel_sizes_um),
        details["class_names"],
        settings.rules,
        read_image_weight(inputs.predictions_path),
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


def _merge(
    probabilities: NDArray[np.float32], inputs: CombineInputs, settings: CombineSettings
) -> tuple[NDArray[np.floating], dict[str, Any]]:
    """Return the probabilities of the classes of the submission, and what is to be recorded of these."""
    names = read_class_names(inputs.predictions_path)
    target = None if settings.label_set is None else read_label_set(settings.label_set)
    if target is None or target.names == names:
        return probabilities, {"class_names": list(names)}
    mapping = map_classes(names, target, where=inputs.predictions_path)
    without_a_place, without_members = mapping.without_a_place, mapping.without_members
    log.info("combine: %d predicted classes as the %d of %s", len(names), len(target), target)
    if without_a_place:
        log.warning(
            "combine: not in the submission, since %s has none such: %s", target, ", ".join(without_a_place)
        )
    if without_members:
        log.warning(
            "combine: in no cell of the submission, since none was predicted: %s", ", ".join(without_members)
        )
    pairs = zip(target.names, mapping.members, strict=True)
    merged = {
        "label_set": settings.label_set,
        "members": {name: [names[number] for number in numbers] for name, numbers in pairs},
        "without a place": list(without_a_place),
        "without members": list(without_members),
    }
    return mapping.merge(probabilities), {"class_names": list(target.names), "merged": merged}


def _join(inputs: CombineInputs) -> tuple[pd.DataFrame, NDArray[np.float32]]:
    """Join the two tables, sorted by image and cell; dropped cells need no prediction.

    Returns
    -------
    DataFrame, ndarray
        Of each cell its size, drop reason, ``row`` in the cells table and row in the array, ``prediction``;
        (predictions, classes) probabilities.
    """
    cells, predictions = inputs.cells_path, inputs.predictions_path
    table = read_cells(cells, [*_CELL, "image_height", "image_width", "dropped", *FACT_COLUMNS])
    twice = table[table.duplicated(_CELL)]
    if len(twice):
        raise InputError(found=f"{_name(twice)} has two rows", where=cells, expected="one row per cell")
    predicted = read_predictions(predictions, embedding=False)
    probabilities = predicted[probability_columns(predicted.columns)].to_numpy()
    predicted = predicted[_CELL].assign(prediction=np.arange(len(predicted)))
    joined = table.assign(row=np.arange(len(table))).merge(
        predicted, how="outer", on=_CELL, indicator="found_in"
    )
    unknown = joined[joined["found_in"] == "right_only"]
    if len(unknown):
        raise InputError(
            found=f"predictions of {len(unknown)} cells that {cells} lacks, first {_name(unknown)}",
            where=predictions,
            expected="predictions of these cells",
            advice="run `hpacells predict` again, or give predictions of these cells",
        )
    lacking = joined[(joined["found_in"] == "left_only") & (joined["dropped"] == "")]
    if len(lacking):
        raise InputError(
            found=f"no prediction of {len(lacking)} cells of {cells}, first {_name(lacking)}",
            where=predictions,
            expected="one of each cell that is not dropped",
            advice="run `hpacells predict` again, or give predictions of all these cells",
        )
    return joined, probabilities


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


def _name(rows: pd.DataFrame) -> str:
    return f"cell {rows['cell_id'].iloc[0]} of image {rows['image_id'].iloc[0]}"
