"""All recipes side by side: trained for an equal small budget, judged on the same cells.

Run from the top folder: ``python -m benchmarks.recipes DATA --work W [--cells DIR]``, where DATA holds the
parts ``train``, ``validation`` and ``test`` of the simulated benchmark. Every recipe keeps its network, loss,
augmentation, optimiser, batch size and thresholds, and gets as many passes over the same cells at the same
size; docs/recipes-results.md says what that means. Writes recipes.md, .csv, .json and .png into W after each
recipe. Finished recipes are not done again, and one that fails does not stop the others.
"""

import argparse
from pathlib import Path

from benchmarks.real_cells.cross_validation import FOLDS, prepare_cells
from benchmarks.recipes.budget import Budget
from benchmarks.recipes.comparison import Comparison, Recipe, list_recipes
from benchmarks.recipes.simulated import prepare_parts
from benchmarks.recipes.weights import Download
from benchmarks.side_by_side.machine import describe_run
from pipeline.commands.options import local_engine
from pipeline.config.config import load_config
from pipeline.engines.messages import reported_in_one_line, show_messages
from pipeline.runs.work_folder import WorkFolder
from stages.train.settings import TrainSettings

_PUBLISHED = Path(__file__).with_name("published.toml")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.recipes",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("data", type=Path, help="folder of the simulated benchmark")
    parser.add_argument("--work", type=Path, required=True, help="folder for everything that is made")
    parser.add_argument(
        "--recipes", help="names or files, joined by commas; default: all of the papers, and ours"
    )
    parser.add_argument("--size", type=int, default=64, metavar="PX", help="side of the tiles (64)")
    parser.add_argument("--epochs", type=int, default=3, help="passes over the simulated cells (3)")
    parser.add_argument("--cells", type=Path, help="folder with index.csv of labelled real cells")
    parser.add_argument("--cell-epochs", type=int, default=6, help="passes over the real cells (6)")
    parser.add_argument(
        "--skip-random",
        action="store_true",
        help="on real cells, without pretraining, leave out recipes whose weights are random",
    )
    parser.add_argument("--offline", action="store_true", help="fetch no ImageNet weights, do not even try")
    parser.add_argument(
        "--set", action="append", default=[], metavar="train.NAME=VALUE", help="a setting for all recipes"
    )
    parser.add_argument(
        "--published", type=Path, default=_PUBLISHED, help="TOML: recipe = what its paper reports"
    )
    options = parser.parse_args()
    if min(options.epochs, options.cell_epochs) < 1 or not 16 <= options.size <= 256:
        parser.error("--epochs and --cell-epochs must be 1 or more, --size from 16 to 256")
    return options


def describe_table(options: argparse.Namespace) -> list[str]:
    """Return what the table rests on, and where it was made."""
    lines = [
        f"{options.epochs} passes over the training cells for every recipe, one seed. F1: macro-F1 with the "
        "recipe's own thresholds, chosen by image labels on the part validation. Image: a cell has the "
        "classes of its image; true: those that the simulator gave it. mAP@0.6: Kaggle's metric with "
        "the known masks; cells cut by the image's border are not predicted and count as missed.",
    ]
    if options.cells:
        lines.append(
            f"Real cells: {FOLDS}-fold cross-validation, cells of a mosaic together, {options.cell_epochs} "
            "passes; from the initial weights named, and pretrained on the simulated cells."
        )
    return [*lines, "", *describe_run("benchmarks.recipes")]


def main() -> None:
    options = parse_arguments()
    show_messages()
    names = options.recipes.split(",") if options.recipes else list_recipes()
    recipes = [
        Recipe(
            Path(name).stem, load_config(None, options.set, name, ["train"]).settings("train", TrainSettings)
        )
        for name in names
    ]
    context = local_engine()
    comparison = Comparison(
        options.work,
        recipes,
        options.published,
        foot=describe_table(options),
        download=Download(allowed=not options.offline),
        context=context,
    )
    parts = prepare_parts(options.data, options.work / "parts", context)
    comparison.run_simulated(parts, Budget(options.size, options.epochs))
    if options.cells:
        real = prepare_cells(options.cells, WorkFolder(options.work / "parts" / "real"), context)
        comparison.run_real(real, Budget(options.size, options.cell_epochs), skip_random=options.skip_random)
    print((options.work / "recipes.md").read_text())


if __name__ == "__main__":
    with reported_in_one_line():
        main()
