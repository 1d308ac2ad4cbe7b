"""How good classifiers are without microtubules, ER or both: on simulated and on real cells.

Run from the top folder: ``python -m benchmarks.simhpa19.fewer_channels --work W --part PART --cells DIR``.
PART is a part of SimHPA-19, as ``hpacells simulate DATA --benchmark small`` writes it, and DIR has an
``index.csv`` of labelled cells (see ``hpacells crops --from``); either may be left out. Cells are cut from
all four channels, and only the classifier does without.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.side_by_side.machine import describe_run
from benchmarks.simhpa19.evaluation import average_precisions, macro
from benchmarks.simhpa19.known_cells import cut_known_cells, read_true_labels
from benchmarks.simhpa19.reality import evaluate_cells
from data.cells.cells_table import read_cells
from data.channels import CHANNELS
from data.labels.label_file import read_labels
from data.predictions.prediction_blocks import BlocksInMemory
from data.tiles.tile_store import TileStore
from models.classifiers.bundled import BUNDLED
from models.classifiers.ensemble.fewer_channels import find_lacking, leave_out
from models.classifiers.ensemble.members import Member, read_members
from models.classifiers.ensemble.prediction import PredictionOptions, open_runtime, predict_cells
from pipeline.commands.options import local_engine
from pipeline.config.config import Config
from pipeline.engines.messages import reported_in_one_line, show_messages
from pipeline.runs.execute import execute
from pipeline.runs.work_folder import WorkFolder
from pipeline.steps.crops import precropped_step
from stages.stage import Context

SUBSETS = (CHANNELS, ("red", "green", "blue"), ("green", "blue", "yellow"), ("green", "blue"))


def predict_subset(member: Member, channels: Sequence[str], work: WorkFolder) -> NDArray[np.float32]:
    """Predict the kept cells of a work folder with some of their channels, (n, classes) float32."""
    table = read_cells(work.cells)
    rows = np.flatnonzero(table["dropped"].to_numpy(dtype=str) == "")
    architecture = leave_out(member.architecture, find_lacking(member.architecture, channels))
    restricted = replace(member, architecture=architecture)
    store = TileStore(work.tiles, rows=len(table))
    open_member = partial(open_runtime, runtime="torch")
    options, blocks = PredictionOptions(), BlocksInMemory()
    return predict_cells([restricted], store, table, rows, open_member, options, blocks).probabilities


def evaluate_simulated(probabilities: NDArray[np.float32], part: Path, work: WorkFolder) -> str:
    """Judge predictions by the true labels of a simulated part's cells."""
    table = read_cells(work.cells, ["image_id", "dropped", "rle"])
    targets = read_true_labels(part / "truth.csv", table[table["dropped"] == ""])
    single = np.flatnonzero(targets.sum(axis=1) == 1)
    right = probabilities[single].argmax(axis=1) == targets[single].argmax(axis=1)
    precision = macro(average_precisions(probabilities, targets))
    return f"macro AP {precision:.3f} of {len(targets)} cells, {right.mean():.3f} of {len(single)} right"


def evaluate_real(probabilities: NDArray[np.float32], work: WorkFolder) -> str:
    """Judge predictions by the labels of an index of cells."""
    table = read_cells(work.cells, ["image_id", "dropped"])
    labels = read_labels(work.root / "labels.csv")
    known = [labels.get(image_id, ()) for image_id in table["image_id"][table["dropped"] == ""]]
    single = np.array([len(classes) == 1 for classes in known])
    truth = np.array([classes[0] for classes in known if len(classes) == 1])
    figures = evaluate_cells(probabilities[single], truth).figures()
    return (
        f"balanced accuracy {figures['balanced_accuracy']:.3f}, accuracy {figures['accuracy']:.3f}, "
        f"macro F1 {figures['macro_f1']:.3f} of {figures['cells']} cells"
    )


def measure(options: argparse.Namespace, context: Context) -> None:
    """Print a line for each set of cells, classifier and subset of channels."""
    simulated, real = WorkFolder(options.work / "simulated"), WorkFolder(options.work / "real")
    if options.part:
        cut_known_cells(options.part, simulated, context)
    if options.cells:
        execute(precropped_step(real, options.cells / "index.csv", Config({}, "defaults")), context)
    for name in options.model or BUNDLED:
        member = read_members([Path(name)])[0]
        for channels in SUBSETS:
            shown = f"{name:24} {', '.join(channels):26}"
            if options.part:
                print(
                    shown,
                    evaluate_simulated(predict_subset(member, channels, simulated), options.part, simulated),
                )
            if options.cells:
                print(shown, evaluate_real(predict_subset(member, channels, real), real))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="folder for the cells' tiles")
    parser.add_argument("--part", type=Path, help="a part of SimHPA-19")
    parser.add_argument("--cells", type=Path, help="folder of labelled cells")
    parser.add_argument("--model", action="append", help="names or folders; default: simhpa19")
    options = parser.parse_args()
    show_messages()
    measure(options, local_engine())
    print("\n".join(describe_run("benchmarks.simhpa19.fewer_channels")))


if __name__ == "__main__":
    with reported_in_one_line():
        main()
