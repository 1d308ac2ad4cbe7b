"""The weights `simhpa19`, made again: cells are simulated, and a network learns them by their true labels.

Run from the top folder: ``python -m benchmarks.simhpa19.initial_weights --work W [--evaluate PART]``.
A first training sees all channels; a second one goes on from its weights with microtubules and ER left
out of a part of the tiles; and the weights of both are averaged, three quarters of the second's.
Writes the classifier into ``W/simhpa19``, its weights in float16, as they come with hpacells; another
training starts from them by ``--set train.initial_weights=W/simhpa19``. What was done is not done again.
PART is a part of SimHPA-19, as ``hpacells simulate DATA --benchmark small`` writes it, in which the
classifier is judged cell by cell, beside the one that comes with hpacells.
"""

import argparse
import tomllib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tomli_w
import torch
from safetensors.torch import load_file, save_file

from benchmarks.side_by_side.machine import describe_run
from benchmarks.simhpa19.arms import predict_folder
from benchmarks.simhpa19.evaluation import average_precisions, macro
from benchmarks.simhpa19.known_cells import cut_known_cells, label_each_cell, read_true_labels
from data.atomic import atomic_write
from data.cells.cells_table import read_cells
from data.file_hash import hash_file
from models.classifiers.bundled import find_classifier_folder
from models.classifiers.model_folder import DESCRIPTION, WEIGHTS
from pipeline.commands.options import local_engine
from pipeline.config.config import load_config
from pipeline.engines.messages import reported_in_one_line, show_messages
from pipeline.runs.execute import Step, execute
from pipeline.runs.manifest import Manifest
from pipeline.runs.work_folder import WorkFolder
from pipeline.steps.simulate import simulate_step
from stages.stage import Context, StageReport
from stages.train.paths import TrainInputs, TrainOutputs
from stages.train.run import run as train
from stages.train.settings import TrainSettings

NAME = "simhpa19"
CONFIGS = Path("configs/initial_weights")
PARTS = ("all_channels", "fewer_channels")
"""Names of the trainings, the second of which starts from the first: of their files and their folders."""

SECOND_SHARE = 0.75
"""What the second training's weights count in the average, chosen on simulated validation cells."""


def average(first: Path, second: Path, share: float, output: Path) -> None:
    """Write the average of two classifiers' weights, in float16: half the size, the loss below the noise.

    Parameters
    ----------
    first, second
        Folders of classifiers, the second of which was trained from the first; what describes the second
        describes the average.
    share
        What the second one's weights count, 0 to 1.
    output
        The folder that is written.
    """
    output.mkdir(parents=True, exist_ok=True)
    earlier = load_file(first / WEIGHTS)
    weights = {
        name: torch.lerp(earlier[name].double(), weight.double(), share).to(torch.float16)
        if weight.is_floating_point()
        else weight
        for name, weight in load_file(second / WEIGHTS).items()
    }
    with atomic_write(output / WEIGHTS) as temporary:
        save_file(weights, temporary)
    description = tomllib.loads((second / DESCRIPTION).read_text())
    description["weights_sha256"] = hash_file(output / WEIGHTS)
    with atomic_write(output / DESCRIPTION) as temporary:
        temporary.write_text(tomli_w.dumps(description))


def train_step(
    folder: Path, fields: Path, cut_into: WorkFolder, cut: Manifest, settings: TrainSettings
) -> Step:
    """Train a classifier into ``folder/model`` on the cells of simulated fields, each by its true labels."""
    model = folder / "model"

    def run(_: str, context: Context) -> StageReport:
        table, labels = label_each_cell(fields / "truth.csv", cut_into, folder)
        inputs = TrainInputs(cut_into.tiles, table, labels)
        return train(inputs, TrainOutputs(model), settings, context)

    return Step(
        stage="train",
        manifest=folder / "train.json",
        settings=settings,
        inputs={"crops": cut.output_key, "truth": hash_file(fields / "truth.csv")},
        outputs=(model / WEIGHTS, model / DESCRIPTION),
        run=run,
    )


def train_both(work: Path, configs: Path, assignments: Sequence[str], context: Context) -> list[Path]:
    """Simulate fields and train on their cells, first with all channels, then with some left out.

    Parameters
    ----------
    work
        Folder for everything that is made.
    configs
        Folder of the two trainings' settings; what is simulated stands in the first.
    assignments
        Settings of both that are others.
    context
        Runs the steps.

    Returns
    -------
    list
        The folders of both classifiers.
    """
    fields, cells = work / "fields", WorkFolder(work / "cells")
    models = [work / part / "model" for part in PARTS]
    starts = [[], [f"train.initial_weights={models[0]}"]]
    first, second = (
        load_config(configs / f"{part}.toml", [*start, *assignments])
        for part, start in zip(PARTS, starts, strict=True)
    )
    execute(simulate_step(fields, first), context)
    cut = cut_known_cells(fields, cells, context)
    for model, config in zip(models, (first, second), strict=True):
        model.parent.mkdir(parents=True, exist_ok=True)
        settings = config.settings("train", TrainSettings)
        execute(train_step(model.parent, fields, cells, cut, settings), context)
    return models


def evaluate_cells(model: Path, part: Path, work: WorkFolder, context: Context) -> str:
    """Judge the classifier in a folder by the true labels of a simulated part's cells, cut into ``work``."""
    cut_known_cells(part, work, context)
    table = read_cells(work.cells, ["image_id", "dropped", "rle"])
    targets = read_true_labels(part / "truth.csv", table[table["dropped"] == ""])
    probabilities = predict_folder(model, work, work.predictions, context)
    single = np.flatnonzero(targets.sum(axis=1) == 1)
    right = probabilities[single].argmax(axis=1) == targets[single].argmax(axis=1)
    reached = macro(average_precisions(probabilities, targets))
    return (
        f"{model}: macro AP {reached:.3f} of {len(targets)} cells; "
        f"{np.mean(right):.3f} of the {len(single)} cells with one class are right"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="folder for everything that is made")
    parser.add_argument(
        "--evaluate", type=Path, metavar="PART", help="a part of SimHPA-19 to judge the weights in"
    )
    parser.add_argument(
        "--configs", type=Path, default=CONFIGS, help=f"folder of {' and '.join(PARTS)} .toml ({CONFIGS})"
    )
    parser.add_argument("--set", action="append", default=[], metavar="SECTION.NAME=VALUE")
    options = parser.parse_args()
    show_messages()
    context = local_engine()
    first, second = train_both(options.work, options.configs, options.set, context)
    average(first, second, SECOND_SHARE, options.work / NAME)
    if options.evaluate:
        judged = WorkFolder(options.work / "judged")
        for model in (options.work / NAME, find_classifier_folder(NAME)):
            print(evaluate_cells(model, options.evaluate, judged, context))
    print("\n".join(describe_run("benchmarks.simhpa19.initial_weights")))


if __name__ == "__main__":
    with reported_in_one_line():
        main()
