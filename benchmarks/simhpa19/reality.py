"""Simulation to reality: a classifier trained on simulated cells, tested on real ones that it never saw.

Run from the top folder: ``python -m benchmarks.simhpa19.reality MODEL --cells DIR --output OUT``, where MODEL
is the folder of a trained classifier and DIR holds an ``index.csv`` of labelled cells (see ``hpacells crops
--from``).
"""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.simhpa19.arms import predict_folder
from benchmarks.simhpa19.reality_pictures import draw_confusion, draw_worst
from data.cells.cells_table import read_cells
from data.errors import InputError
from data.labels.label_file import CLASS_NAMES, read_labels
from data.tiles.tile_store import TileStore
from pipeline.commands.options import local_engine
from pipeline.config.config import Config
from pipeline.engines.messages import reported_in_one_line, show_messages
from pipeline.runs.execute import execute
from pipeline.runs.work_folder import WorkFolder
from pipeline.steps.crops import precropped_step
from stages.stage import Context


@dataclass(frozen=True)
class Verdict:
    """How a classifier judged labelled cells, each of one class.

    Attributes
    ----------
    classes
        (k,) the class numbers that the labels contain.
    truth, chosen
        (n,) places in ``classes``.
    probabilities
        (n, k) with the sum 1.
    """

    classes: NDArray[np.intp]
    truth: NDArray[np.intp]
    chosen: NDArray[np.intp]
    probabilities: NDArray[np.float64]

    @property
    def confusion(self) -> NDArray[np.intp]:
        """Count the cells of each class (rows) that were taken for each (columns), (k, k)."""
        k = len(self.classes)
        return np.bincount(self.truth * k + self.chosen, minlength=k * k).reshape(k, k)

    def figures(self) -> dict[str, Any]:
        """Return balanced accuracy (mean recall), accuracy, macro F1, recall by class and the confusion."""
        confusion = self.confusion
        right, true, taken = np.diag(confusion), confusion.sum(axis=1), confusion.sum(axis=0)
        recall = right / true
        f1 = 2 * right / (true + taken)
        names = [CLASS_NAMES[label] for label in self.classes]
        return {
            "cells": len(self.truth),
            "chance": 1 / len(self.classes),
            "balanced_accuracy": float(recall.mean()),
            "accuracy": float(right.sum() / true.sum()),
            "macro_f1": float(f1.mean()),
            "recall": dict(zip(names, recall.tolist(), strict=True)),
            "confusion": {"classes": names, "rows_truth_columns_predicted": confusion.tolist()},
        }


def evaluate_cells(probabilities: NDArray[np.floating], labels: NDArray[np.integer]) -> Verdict:
    """Choose for each cell the most probable of the classes that the labels contain.

    Parameters
    ----------
    probabilities
        (n, 19); those of these classes are divided by their sum.
    labels
        (n,) each cell's true class.
    """
    classes, truth = np.unique(labels, return_inverse=True)
    of_these = np.asarray(probabilities[:, classes], np.float64) + 1e-12
    of_these /= of_these.sum(axis=1, keepdims=True)
    return Verdict(classes.astype(np.intp), truth, of_these.argmax(axis=1), of_these)


def measure_reality(
    model: Path, cells: Path, work: WorkFolder, output: Path, context: Context
) -> dict[str, Any]:
    """Test a classifier on labelled pre-cropped cells, and write figures and pictures.

    Parameters
    ----------
    model
        Folder of the trained classifier.
    cells
        Folder with ``index.csv``.
    work
        Where the cells' tiles lie, or are put.
    output
        Folder for ``reality.json``, ``confusion.png`` and ``worst.png``.

    Raises
    ------
    InputError
        The index tells no labels.
    """
    execute(precropped_step(work, cells / "index.csv", Config({}, "defaults")), context)
    label_file = work.root / "labels.csv"
    if not label_file.is_file():
        raise InputError(found="no labels", where=cells / "index.csv", expected="a column label")
    table = read_cells(work.cells)
    labels = read_labels(label_file)
    kept = np.flatnonzero(table["dropped"].to_numpy(dtype=str) == "")
    probabilities = predict_folder(model, work, output / "real_predictions.parquet", context)
    known = [labels.get(image_id, ()) for image_id in table["image_id"].iloc[kept]]
    single = np.array([len(classes) == 1 for classes in known])
    truth = np.array([classes[0] for classes in known if len(classes) == 1])
    verdict = evaluate_cells(probabilities[single], truth)
    figures = verdict.figures()
    output.mkdir(parents=True, exist_ok=True)
    (output / "reality.json").write_text(json.dumps(figures, indent=1) + "\n")
    draw_confusion(output / "confusion.png", verdict.confusion, figures["confusion"]["classes"])
    draw_worst(
        output / "worst.png",
        TileStore(work.tiles, rows=len(table)),
        kept[single],
        verdict.truth,
        verdict.probabilities,
        figures["confusion"]["classes"],
    )
    return figures


def describe(figures: dict[str, Any]) -> str:
    """Return the figures in Markdown."""
    names = figures["confusion"]["classes"]
    lines = [
        f"{figures['cells']} real cells of {len(names)} classes: balanced accuracy "
        f"{figures['balanced_accuracy']:.3f} (chance {figures['chance']:.2f}), accuracy "
        f"{figures['accuracy']:.3f}, macro F1 {figures['macro_f1']:.3f}",
        "",
        f"| true \\ predicted | {' | '.join(names)} | recall |",
        f"| --- |{' --- |' * (len(names) + 1)}",
    ]
    rows = figures["confusion"]["rows_truth_columns_predicted"]
    for name, row in zip(names, rows, strict=True):
        lines.append(f"| {name} | {' | '.join(map(str, row))} | {figures['recall'][name]:.2f} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--cells", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--work", type=Path, help="where the cells' tiles are kept; default: OUT/cells")
    options = parser.parse_args()
    show_messages()
    work = WorkFolder(options.work or options.output / "cells")
    figures = measure_reality(options.model, options.cells, work, options.output, local_engine())
    print(describe(figures))


if __name__ == "__main__":
    with reported_in_one_line():
        main()
