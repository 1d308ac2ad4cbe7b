"""The honesty checks of SimHPA-19: whether it asks of a classifier what real images ask.

Run from the top folder: ``python -m benchmarks.simhpa19.checks DATA --work W [--only linear,green]``, where
DATA holds the parts ``train``, ``validation`` and ``test`` as ``hpacells simulate DATA --benchmark NAME``
writes them. Each check trains on the cells of the images with one label, all cut by the same known masks,
and is judged by the true labels of the single cells of the test part. A training that was done is not done
again.

- linear: logistic regression on ten plain statistics a tile must stay far below the network;
- green: a network that sees only the protein's channel must stay below the one that sees all four;
- shuffled: a network trained on labels dealt out at random must be about as good as chance;
- order: the classes' AP beside the mean of the teams at Kaggle (needs --teams), rank correlation;
- reality: the network, tested on real cells (needs --cells).
"""

import argparse
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.simhpa19.arms import Part, predict_cells, predict_linearly, shuffle_labels, train_network
from benchmarks.simhpa19.check_report import describe, draw_arms, draw_order
from benchmarks.simhpa19.evaluation import (
    average_precisions,
    macro,
    mean_of_teams,
    measure_chance,
    rank_correlation,
)
from benchmarks.simhpa19.known_cells import cut_known_cells, read_true_labels
from data.cells.cells_table import read_cells
from data.labels.label_file import CLASS_NAMES
from pipeline.commands.options import local_engine
from pipeline.config.config import load_config
from pipeline.engines.messages import reported_in_one_line, show_messages
from pipeline.runs.work_folder import WorkFolder
from stages.stage import Context
from stages.train.settings import TrainSettings

LEAST_DIFFERENCE = {"linear": 0.1, "green": 0.0}
"""By how much an arm's macro AP must stay below the network's for its check to hold."""

log = logging.getLogger("hpacells")

CHECKS = ("linear", "green", "shuffled", "order", "reality")


@dataclass
class Bench:
    """The cut parts and what the checks share; arms are trained when a check asks for them.

    Attributes
    ----------
    root
        Folder of everything that is made.
    learnt, judged
        The part that is trained on and the part that is judged.
    image_ids, targets
        (n,) images and (n, 19) true classes of the judged part's kept cells.
    settings
        Of the training.
    """

    root: Path
    learnt: Part
    judged: Part
    image_ids: NDArray[np.str_]
    targets: NDArray[np.bool_]
    settings: TrainSettings
    context: Context
    _reached: dict[str, dict[int, float]] = field(default_factory=dict)

    def network(self, name: str = "network") -> NDArray[np.floating]:
        """Train the named arm and give its probabilities of the judged cells, (n, 19)."""
        settings, labels = self.settings, self.learnt.labels
        if name == "green":
            settings = settings.model_copy(
                update={"tiles": settings.tiles.model_copy(update={"channels": ("green",)})}
            )
        if name == "shuffled":
            labels = shuffle_labels(labels, self.root / "shuffled.csv")
        folder = self.root / name
        log.info("arm: %s", name)
        train_network(folder, settings, labels, self.learnt, self.context)
        return predict_cells(folder, self.judged, self.context)

    def precisions(self, name: str = "network") -> dict[int, float]:
        """Return the AP of each class that an arm reaches: class -> 0..1."""
        if name not in self._reached:
            linear = name == "linear"
            predicted = predict_linearly(self.learnt, self.judged) if linear else self.network(name)
            self._reached[name] = average_precisions(predicted, self.targets)
        return self._reached[name]


def prepare(data: Path, part: str, root: Path, settings: TrainSettings, context: Context) -> Bench:
    """Cut the cells of the part that is trained on and of the one that is judged."""
    parts = []
    for name in ("train", part):
        work = WorkFolder(root / "parts" / name)
        parts.append(Part(data / name / "train.csv", work, cut_known_cells(data / name, work, context)))
    learnt, judged = parts
    table = read_cells(judged.work.cells, ["image_id", "dropped", "rle"])
    kept = table[table["dropped"] == ""]
    targets = read_true_labels(data / part / "truth.csv", kept)
    return Bench(root, learnt, judged, kept["image_id"].to_numpy(str), targets, settings, context)


def check_arm(bench: Bench, name: str) -> dict[str, Any]:
    """Compare an arm with the network that sees everything."""
    network, arm = bench.precisions(), bench.precisions(name)
    difference = macro(network) - macro(arm)
    return {
        "network": macro(network),
        name: macro(arm),
        "difference": difference,
        "holds": difference > LEAST_DIFFERENCE[name],
        "classes_in_which_it_is_better": [
            CLASS_NAMES[label] for label in network if arm[label] > network[label]
        ],
    }


def check_shuffled(bench: Bench) -> dict[str, Any]:
    """Compare a network trained on shuffled labels with chance."""
    predicted = bench.network("shuffled")
    chance = measure_chance(predicted, bench.targets, bench.image_ids)
    reached = macro(bench.precisions("shuffled"))
    return {
        "network": macro(bench.precisions()),
        "shuffled": reached,
        "chance": chance.prevalence,
        "permuted_mean": chance.mean,
        "permuted_97.5_%": chance.high,
        "holds": reached <= chance.high,
    }


def check_order(bench: Bench, teams: Path) -> dict[str, Any]:
    """Correlate the order of the classes with that of the teams at Kaggle, and draw it."""
    theirs = mean_of_teams(teams)
    coefficient, classes = rank_correlation(bench.precisions(), theirs)
    draw_order(bench.root / "order.png", bench.precisions(), theirs, coefficient)
    named = {CLASS_NAMES[label]: value for label, value in theirs.items()}
    return {"spearman": coefficient, "classes": classes, "mean_of_teams": named}


def check_reality(bench: Bench, cells: Path) -> dict[str, Any]:
    """Test the network on real cells."""
    from benchmarks.simhpa19.reality import measure_reality

    bench.precisions()
    work = WorkFolder(bench.root / "parts" / "real")
    return measure_reality(
        bench.root / "network" / "model",
        cells,
        work,
        bench.root / "reality",
        bench.context,
    )


def run_checks(bench: Bench, only: list[str], teams: Path | None, cells: Path | None) -> dict[str, Any]:
    """Run the named checks and give their figures; those that lack their table or cells are left out."""
    checks: dict[str, Callable[[], dict[str, Any]]] = {
        "linear": lambda: check_arm(bench, "linear"),
        "green": lambda: check_arm(bench, "green"),
        "shuffled": lambda: check_shuffled(bench),
    }
    if teams is not None:
        checks["order"] = lambda: check_order(bench, teams)
    if cells is not None:
        checks["reality"] = lambda: check_reality(bench, cells)
    if left_out := [name for name in only if name not in checks]:
        log.warning("left out: %s (order needs --teams, reality needs --cells)", ", ".join(left_out))
    results: dict[str, Any] = {"cells": len(bench.targets)}
    results |= {name: checks[name]() for name in only if name in checks}
    reached = {
        name: bench.precisions(name)
        for name in ("network", "linear", "green", "shuffled")
        if name == "network" or name in results
    }
    results["macro_ap"] = {name: macro(precisions) for name, precisions in reached.items()}
    results["classes"] = [
        {
            "class": CLASS_NAMES[label],
            "cells": int(bench.targets[:, label].sum()),
            **{name: precisions[label] for name, precisions in reached.items()},
        }
        for label in np.flatnonzero(bench.targets.any(axis=0)).tolist()
    ]
    draw_arms(bench.root / "classes.png", results["classes"], list(reached))
    (bench.root / "checks.json").write_text(json.dumps(results, indent=1) + "\n")
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--work", type=Path, required=True, help="folder for everything that is made")
    parser.add_argument("--only", default=",".join(CHECKS), help="checks to run, joined by commas")
    parser.add_argument("--part", default="test", help="the part that is judged; for tuning: validation")
    parser.add_argument("--recipe", default="simhpa19", help="training recipe, a file or a shipped name")
    parser.add_argument("--set", action="append", default=[], metavar="train.NAME=VALUE")
    parser.add_argument("--teams", type=Path, help="AP of the teams at Kaggle: team, class_id, AP_private")
    parser.add_argument("--cells", type=Path, help="folder with index.csv of labelled real cells")
    options = parser.parse_args()
    only = options.only.split(",")
    if unknown := set(only) - set(CHECKS):
        parser.error(f"no such check: {', '.join(sorted(unknown))}; there are {', '.join(CHECKS)}")
    show_messages()
    settings = load_config(None, options.set, options.recipe, ["train"]).settings("train", TrainSettings)
    bench = prepare(options.data, options.part, options.work, settings, local_engine())
    print(describe(run_checks(bench, only, options.teams, options.cells)))


if __name__ == "__main__":
    with reported_in_one_line():
        main()
