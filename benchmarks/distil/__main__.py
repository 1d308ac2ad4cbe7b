"""The default recipe's ensemble and the network distilled from it, side by side: seconds, mAP, real cells.

Run from the top folder: ``python -m benchmarks.distil DATA --work W [--cells DIR] [--test]``, where DATA
holds the parts ``train``, ``validation`` and ``test`` of the simulated benchmark, and DIR an ``index.csv`` of
labelled real cells. Settings are chosen without ``--test``, which adds the part ``test``. The recipe is cut
to tiles of ``--size`` px and ``--epochs`` passes, so that it fits two cores; seconds are measured at that
size and, with stand-ins, at the recipe's own. Finished parts are not done again.
"""

import argparse
import json
from pathlib import Path

from benchmarks.distil.arms import Recipes, predict_part, train_student, train_teacher
from benchmarks.distil.real import cross_validate_both
from benchmarks.distil.timing import Seconds, time_both, write_stand_ins
from benchmarks.real_cells.cross_validation import prepare_cells
from benchmarks.recipes.simulated import KnownPart, prepare_parts, score_predictions
from benchmarks.side_by_side.machine import describe_run
from pipeline.commands.options import local_engine
from pipeline.config.config import load_config
from pipeline.engines.messages import reported_in_one_line, show_messages
from pipeline.runs.work_folder import WorkFolder
from stages.distil.settings import DistilSettings
from stages.stage import Context
from stages.train.settings import TrainSettings

ARMS = ("ensemble", "student")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.distil",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("data", type=Path, help="folder of the simulated benchmark")
    parser.add_argument("--work", type=Path, required=True, help="folder for everything that is made")
    parser.add_argument("--cells", type=Path, help="folder with index.csv of labelled real cells")
    parser.add_argument("--test", action="store_true", help="judge on the part test, too")
    parser.add_argument("--size", type=int, default=64, metavar="PX", help="side of the tiles (64)")
    parser.add_argument("--epochs", type=int, default=2, help="passes of the ensemble's networks (2)")
    parser.add_argument("--student-epochs", type=int, default=4, help="passes of the student (4)")
    parser.add_argument("--runtime", default="auto", help="of all predictions (auto)")
    parser.add_argument("--rounds", type=int, default=3, help="of timing; 0 for none (3)")
    parser.add_argument("--timed-cells", type=int, default=300, help="cells that are timed (300)")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of the student"
    )
    parser.add_argument("--name", default="student", help="folder of the student in W")
    return parser.parse_args()


def choose_recipes(options: argparse.Namespace) -> Recipes:
    """Return the default recipe cut to the budget, for both arms."""
    size = f"train.tiles.size={options.size}"
    taught = load_config(None, [size, f"train.fit.epochs={options.epochs}"], None, ["train"])
    own = [size, f"train.fit.epochs={options.student_epochs}", *options.set]
    student = load_config(None, own, None, ["train", "distil"])
    return Recipes(
        teacher=taught.settings("train", TrainSettings),
        student=student.settings("train", TrainSettings),
        distil=student.settings("distil", DistilSettings),
        runtime=options.runtime,
    )


def judge_simulated(
    options: argparse.Namespace, recipes: Recipes, parts: dict[str, KnownPart], context: Context
) -> dict[str, dict[str, float]]:
    """Train both arms on the part ``train``, and return the mAP of each on the parts that are judged."""
    folder, learnt = options.work / "teacher", parts["train"].part
    folder.mkdir(parents=True, exist_ok=True)
    models = {"ensemble": train_teacher(folder, recipes, learnt.labels, learnt, context)}
    said = predict_part(models["ensemble"], learnt, folder / "train.parquet", recipes.runtime, context)
    place = options.work / options.name
    place.mkdir(parents=True, exist_ok=True)
    models["student"] = train_student(place, recipes, folder, said, learnt, context)
    judged = ["validation", *(["test"] if options.test else [])]
    found: dict[str, dict[str, float]] = {}
    for name in judged:
        found[f"mAP, {name}"] = {}
        for arm, home in zip(ARMS, (folder, place), strict=True):
            table = predict_part(
                models[arm], parts[name].part, home / f"{name}.parquet", recipes.runtime, context
            )
            found[f"mAP, {name}"][arm] = score_predictions(parts[name], table, home / f"{name}.csv", context)
    return found


def measure_seconds(
    options: argparse.Namespace, parts: dict[str, KnownPart], context: Context
) -> dict[str, Seconds]:
    """Return the seconds of both arms, as they were trained and at the recipe's own size."""
    work, scratch = parts["validation"].part.work, options.work / "timed"
    pairs = {
        f"{options.size} px": (options.work / "teacher" / "model", options.work / options.name / "model")
    }
    stand_ins = write_stand_ins(scratch)
    pairs["128 px, the recipe's own"] = stand_ins["ensemble"], stand_ins["student"]
    return {
        f"seconds for {options.timed_cells} cells, {name}": time_both(
            *pair,
            work,
            scratch,
            cells=options.timed_cells,
            rounds=options.rounds,
            runtime=options.runtime,
            context=context,
        )
        for name, pair in pairs.items()
    }


def main() -> None:
    options = parse_arguments()
    show_messages()
    context, recipes = local_engine(), choose_recipes(options)
    parts = prepare_parts(options.data, options.work / "parts", context)
    found = judge_simulated(options, recipes, parts, context)
    if options.cells:
        real = prepare_cells(options.cells, WorkFolder(options.work / "parts" / "real"), context)
        verdicts = cross_validate_both(options.work / f"real-{options.name}", recipes, real, context)
        found["balanced accuracy, real cells"] = {
            arm: verdict.figures()["balanced_accuracy"] for arm, verdict in verdicts.items()
        }
    seconds = measure_seconds(options, parts, context) if options.rounds else {}
    lines = ["| | ensemble, 5 networks, 40 passes | student, 1 pass | ratio |", "| --- | --- | --- | --- |"]
    lines += [
        f"| {name} | {s.ensemble:.2f} | {s.student:.2f} | {s.ratio:.1f}x |" for name, s in seconds.items()
    ]
    lines += [
        f"| {name} | {both['ensemble']:.3f} | {both['student']:.3f} "
        f"| {100 * both['student'] / both['ensemble']:.1f} % |"
        for name, both in found.items()
    ]
    lines += ["", *describe_run("benchmarks.distil")]
    (options.work / f"{options.name}.json").write_text(
        json.dumps({name: vars(value) for name, value in seconds.items()} | found, indent=1) + "\n"
    )
    print("\n".join(lines))


if __name__ == "__main__":
    with reported_in_one_line():
        main()
