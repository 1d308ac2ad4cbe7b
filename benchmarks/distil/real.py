"""An ensemble and its student on labelled real cells: each judged on cells that no network of theirs saw."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.distil.arms import Recipes, predict_part, train_student, train_teacher
from benchmarks.real_cells.cross_validation import RealCells
from benchmarks.simhpa19.reality import Verdict, evaluate_cells
from data.predictions.predictions_table import (
    probability_columns,
    read_class_names,
    read_image_weight,
    read_predictions,
    write_predictions,
)
from stages.stage import Context

ARMS = ("ensemble", "student")


def cross_validate_both(
    root: Path, recipes: Recipes, real: RealCells, context: Context
) -> Mapping[str, Verdict]:
    """Train an ensemble and its student on the cells of all folds but one, and judge both on that one.

    The student sees neither the held-out cells nor what the ensemble says of them.
    """
    predicted: dict[str, list[np.ndarray]] = {arm: [] for arm in ARMS}
    truth: list[int] = []
    for folder, held_out, asked in real.write_folds(root):
        model = train_teacher(folder, recipes, folder / "labels.csv", real.part, context)
        said = predict_part(model, real.part, folder / "ensemble.parquet", recipes.runtime, context)
        seen = _leave_out(said, held_out, folder / "taught.parquet")
        student = train_student(folder / "student", recipes, folder, seen, real.part, context)
        own = predict_part(student, real.part, folder / "student.parquet", recipes.runtime, context)
        for arm, table in zip(ARMS, (said, own), strict=True):
            predicted[arm].append(_read(table)[asked])
        truth += [real.labels[name] for name in real.image_ids[asked].tolist()]
    return {arm: evaluate_cells(np.concatenate(predicted[arm]), np.array(truth)) for arm in ARMS}


def _leave_out(said: Path, held_out: set[str], output: Path) -> Path:
    """Write a predictions table without the cells of some images."""
    table = read_predictions(said)
    table = table[~table["image_id"].isin(held_out)]
    write_predictions(
        output,
        table["image_id"].tolist(),
        table["cell_id"].to_numpy(),
        table[probability_columns(table.columns)].to_numpy(np.float32),
        class_names=read_class_names(said),
        image_weight=read_image_weight(said),
    )
    return output


def _read(path: Path) -> np.ndarray:
    table: pd.DataFrame = read_predictions(path)
    return table[probability_columns(table.columns)].to_numpy(np.float32)
