"""Combine: write the submission, a triple of label, confidence and mask for each cell and class."""

from collections.abc import Callable, Iterator

import numpy as np

from data.cells.stored_cells import StoredCells
from data.predictions.prediction_string import choose_classes, choose_triples, format_prediction_string
from data.predictions.submission import SubmissionRow, write_submission
from data.predictions.submission_table import check_compression
from stages.combine.cell_confidences import CellConfidences
from stages.combine.expected_size import tell_size
from stages.combine.image_cells import CellSource
from stages.combine.paths import CombineInputs, CombineOutputs
from stages.combine.settings import CombineSettings
from stages.combine.survey import open_cells
from stages.stage import Context, StageReport

_NO_ROWS = np.empty(0, np.intp)


def run(
    inputs: CombineInputs, outputs: CombineOutputs, settings: CombineSettings, context: Context
) -> StageReport:
    """Write a submission with every cell that is neither dropped nor left out by a rule.

    Confidences are the predicted probabilities, or what the rules make of them; they have 6 significant
    digits. The most confident triple of an image comes first. Cells are read some images at a time, as often
    as they are needed.

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
    check_compression(outputs.submission_path)
    masks = StoredCells(inputs.cells_path)
    cells, survey = open_cells(inputs, settings.rules.cells, context)
    confidences = CellConfidences(inputs, settings, survey)
    counts = _count(cells, confidences, settings, context)
    tell_size(
        outputs.submission_path,
        counts["triples"],
        counts["cells"] - counts["cells without a triple"],
        masks.mean_mask_bytes,
    )
    with context.track("combine", len(cells.sizes)) as advance:
        write_submission(outputs.submission_path, _rows(cells, masks, confidences, settings, advance))
    left_out = counts.pop("left out by a rule")
    return StageReport(
        counts={
            "images": len(cells.sizes),
            "cells": counts.pop("cells"),
            "dropped": survey.dropped,
            **({"left out by a rule": left_out} if left_out else {}),
            **counts,
        },
        details=confidences.details,
    )


def _count(
    cells: CellSource, confidences: CellConfidences, settings: CombineSettings, context: Context
) -> dict[str, int]:
    """Count the triples that will be written, and the cells with and without any."""
    counts: dict[str, int] = dict.fromkeys(
        ("cells", "left out by a rule", "triples", "cells without a triple"), 0
    )
    with context.track("count", len(cells.sizes)) as advance:
        for part in cells.read():
            made = confidences.compute(part)
            values = made.values[~made.left_out]
            classes = choose_classes(values, settings.min_confidence, settings.max_classes).sum(axis=1)
            counts["cells"] += len(values)
            counts["left out by a rule"] += int(made.left_out.sum())
            counts["triples"] += int(classes.sum())
            counts["cells without a triple"] += int((classes == 0).sum())
            advance(len(part.image_ids))
    return counts


def _rows(
    cells: CellSource,
    masks: StoredCells,
    confidences: CellConfidences,
    settings: CombineSettings,
    advance: Callable[[int], None],
) -> Iterator[SubmissionRow]:
    images = cells.sizes.itertuples(index=False, name=None)
    for part in cells.read():
        made = confidences.compute(part)
        written, values = part.kept[~made.left_out], made.values[~made.left_out]
        rows_in_file = written["row"].to_numpy(np.intp)
        rows_of_image = written.groupby("image_id", sort=False).indices
        for image_id, height, width in images:
            rows = rows_of_image.get(image_id, _NO_ROWS)
            strings = masks.read_masks(rows_in_file[rows])
            triples = choose_triples(strings, values[rows], settings.min_confidence, settings.max_classes)
            yield SubmissionRow(image_id, width, height, format_prediction_string(triples))
            advance(1)
            if image_id == part.image_ids[-1]:
                break
    for image_id, height, width in images:
        yield SubmissionRow(image_id, width, height, "")
        advance(1)
