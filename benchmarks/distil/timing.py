"""Seconds that an ensemble and one network take to predict the same cells, in alternating rounds."""

import logging
import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data.cells.cells_table import read_cells, write_cells
from models.classifiers.bundled import find_classifier_folder
from models.classifiers.fold_folders import fold_folder
from models.classifiers.model_folder import read_classifier, save_classifier
from pipeline.runs.work_folder import WorkFolder
from stages.predict.paths import PredictInputs, PredictOutputs
from stages.predict.run import run as predict
from stages.predict.settings import PredictSettings
from stages.stage import Context

FOLDS = 5

log = logging.getLogger("hpacells")


@dataclass(frozen=True)
class Seconds:
    """Medians over the rounds, in s, and the median of the ratios within a round."""

    ensemble: float
    student: float
    ratio: float


def time_both(
    ensemble: Path,
    student: Path,
    work: WorkFolder,
    scratch: Path,
    *,
    cells: int,
    rounds: int,
    runtime: str,
    context: Context,
) -> Seconds:
    """Measure the predict stage, loading of the networks included, by both in turn.

    Parameters
    ----------
    ensemble, student
        Folders of the classifiers.
    work
        Whose cells are predicted.
    scratch
        Folder for what is written.
    cells
        How many of the kept cells are predicted, at most, evenly from all.
    rounds, runtime, context
        How often, in what, and where.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    table = read_cells(work.cells)
    kept = np.flatnonzero(table["dropped"].to_numpy(str) == "")
    chosen = kept[:: max(1, len(kept) // cells)][:cells]
    table.loc[~np.isin(np.arange(len(table)), chosen), "dropped"] = "not asked"
    write_cells(scratch / "cells.parquet", table)
    settings = PredictSettings(runtime=runtime)

    def measure(model: Path) -> float:
        started = time.perf_counter()
        inputs = PredictInputs(work.tiles, scratch / "cells.parquet", [model], str(started))
        predict(inputs, PredictOutputs(scratch / "predictions.parquet"), settings, context)
        seconds = time.perf_counter() - started
        log.info("%s: %d cells in %.2f s", model, len(chosen), seconds)
        return seconds

    # Imports and caches of files are warm for both.
    measure(student)
    pairs = [(measure(ensemble), measure(student)) for _ in range(rounds)]
    return Seconds(
        statistics.median(pair[0] for pair in pairs),
        statistics.median(pair[1] for pair in pairs),
        statistics.median(pair[0] / pair[1] for pair in pairs),
    )


def write_stand_ins(folder: Path) -> Mapping[str, Path]:
    """Write an ensemble and a student of the default recipe's size: the bundled classifier, 5 times and once.

    How long they take does not depend on what their weights are.
    """
    classifier = read_classifier(find_classifier_folder("simhpa19"))
    places = {"student": folder / "student", "ensemble": folder / "ensemble"}
    for name, path in [("student", places["student"])] + [
        ("ensemble", fold_folder(places["ensemble"], fold)) for fold in range(FOLDS)
    ]:
        several = {"test_time_augmentation": name == "ensemble"}
        save_classifier(path, classifier.architecture.model_copy(update=several), classifier.state_dict(), {})
    return places
