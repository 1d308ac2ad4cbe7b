"""The predictions as SubCellPortable's ``result.csv``, for whoever has to compare with its numbers."""

import logging
from pathlib import Path

import numpy as np

from data.atomic import atomic_write
from data.errors import InputError
from data.export.subcell_portable import WIDTH, tabulate_results
from data.labels.label_set import read_label_set
from data.predictions.stored_predictions import StoredPredictions
from stages.export.cells.cell_parts import add_numbers, open_cells
from stages.export.cells.predicted_cells import CellNames
from stages.export.paths import ExportInputs
from stages.export.settings import ExportSettings
from stages.stage import Context, StageReport

log = logging.getLogger("hpacells")

_ROWS = 1024


def write_results(
    inputs: ExportInputs, path: Path, settings: ExportSettings, context: Context
) -> StageReport:
    """Write one row per predicted cell, in the order of the predictions.

    Raises
    ------
    InputError
        The predictions are of other classes than SubCell's 31, or without its embeddings; or as `run` says.
    """
    predictions = StoredPredictions(inputs.predictions_path)
    _check(predictions)
    state = settings.subcellportable
    cells = open_cells(inputs, predictions, unpredicted=False)
    log.info(
        "export: the numbers of SubCellPortable's state of %s%s",
        state,
        ", which also scales each channel by itself" if state == "2025-11" else "",
    )
    with (
        atomic_write(path) as temporary,
        temporary.open("w", encoding="utf-8", newline="") as file,
        context.track("export", cells.count) as advance,
    ):
        for part, numbers in add_numbers(cells.read_predicted(_ROWS), predictions):
            if numbers.embedding is None or np.isnan(numbers.embedding).any():
                raise _lacks_embedding(predictions)
            names = CellNames(part.table)[:]
            table = tabulate_results(
                names, numbers.probabilities, numbers.embedding, predictions.class_names, state
            )
            table.to_csv(file, header=part.start == 0, index=False, lineterminator="\n")
            advance(len(table))
    return StageReport(
        counts={"cells": cells.count, "left out": cells.left_out},
        details={"format": "subcellportable", "state": state},
    )


def _check(predictions: StoredPredictions) -> None:
    expected = read_label_set("subcell31").names
    if predictions.class_names != expected:
        raise InputError(
            found=f"predictions of {len(predictions.class_names)} classes "
            f"({', '.join(predictions.class_names[:3])} ...)",
            where=predictions.path,
            expected=f"those of the {len(expected)} classes of SubCell, which SubCellPortable's table is of",
            advice="predict with --model subcell, or export with --format h5ad",
        )
    if predictions.width != WIDTH:
        raise _lacks_embedding(predictions)


def _lacks_embedding(predictions: StoredPredictions) -> InputError:
    return InputError(
        found=f"embeddings of {predictions.width} numbers" if predictions.width else "no embeddings",
        where=predictions.path,
        expected=f"SubCell's embedding of {WIDTH} numbers for every cell",
        advice="run `hpacells predict` with --model subcell and --set predict.embedding=true",
    )
