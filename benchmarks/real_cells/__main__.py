"""A recipe as it is, on labelled real cells: cross-validated, each cell judged by what never saw its mosaic.

Run from the top folder: ``python -m benchmarks.real_cells CELLS --work W [--recipe NAME] [--set ...]``, where
CELLS is a folder with an ``index.csv`` of labelled cells (see ``hpacells crops --from``). Nothing is cut
short: size, passes, initial weights are the recipe's. Each fold is trained to the last pass on the others
so that no epoch is chosen on the cells that are judged. Writes ``figures.json`` and ``confusion.png`` into
``W/NAME``. Finished folds are not trained again.
"""

import argparse
import json
from pathlib import Path

from benchmarks.real_cells.cross_validation import FOLDS, cross_validate, prepare_cells
from benchmarks.side_by_side.machine import describe_run
from benchmarks.simhpa19.reality import Verdict, describe
from benchmarks.simhpa19.reality_pictures import draw_confusion
from pipeline.commands.options import local_engine
from pipeline.config.config import DEFAULT_RECIPE, load_config
from pipeline.engines.messages import reported_in_one_line, show_messages
from pipeline.runs.work_folder import WorkFolder
from stages.train.settings import TrainSettings


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.real_cells",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("cells", type=Path, help="folder with index.csv of labelled cells")
    parser.add_argument("--work", type=Path, required=True, help="folder for everything that is made")
    parser.add_argument("--recipe", default=DEFAULT_RECIPE, help="name or file (hpacells)")
    parser.add_argument(
        "--set", action="append", default=[], metavar="train.NAME=VALUE", help="a setting of the recipe"
    )
    parser.add_argument("--name", help="folder in W for this recipe with these settings (the recipe's name)")
    return parser.parse_args()


def train_on_all(settings: TrainSettings) -> TrainSettings:
    """Return the settings without cells held out, which the last pass and not the best one is kept from."""
    values = settings.model_dump()
    schedule = values["fit"] | {"early_stopping_patience": 0}
    return TrainSettings.model_validate(values | {"split": {"folds": 0}, "fit": schedule})


def write_verdict(folder: Path, verdict: Verdict, settings: TrainSettings) -> str:
    """Write figures and confusion matrix, and tell them in Markdown with the command and the machine."""
    figures = verdict.figures()
    run = describe_run("benchmarks.real_cells")
    kept = {"run": run, "settings": settings.model_dump(mode="json")}
    (folder / "figures.json").write_text(json.dumps(figures | kept, indent=1) + "\n")
    draw_confusion(folder / "confusion.png", verdict.confusion, figures["confusion"]["classes"])
    return "\n".join([f"{FOLDS} folds. {describe(figures)}", "", *run])


def main() -> None:
    options = parse_arguments()
    show_messages()
    settings = load_config(None, options.set, options.recipe, ["train"]).settings("train", TrainSettings)
    context = local_engine()
    real = prepare_cells(options.cells, WorkFolder(options.work / "cells"), context)
    folder = options.work / (options.name or Path(options.recipe).stem)
    settings = train_on_all(settings)
    print(write_verdict(folder, cross_validate(folder, settings, real, context), settings))


if __name__ == "__main__":
    with reported_in_one_line():
        main()
