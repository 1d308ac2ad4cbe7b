"""The checks' results for people: a Markdown text and two pictures."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from benchmarks.simhpa19.reality import describe as describe_reality
from data.labels.label_file import CLASS_NAMES
from data.plots.figure_file import write_figure

_ARMS = {
    "network": "network",
    "linear": "ten statistics, linear",
    "green": "network, green only",
    "shuffled": "network, shuffled labels",
}


def describe(results: dict[str, Any]) -> str:
    """Return the results in Markdown."""
    reached = results["macro_ap"]
    lines = [f"{results['cells']} cells, macro AP over {len(results['classes'])} classes", ""]
    lines += ["| arm | macro AP |", "| --- | --- |"]
    lines += [f"| {_ARMS[name]} | {value:.3f} |" for name, value in reached.items()]
    if chance := results.get("shuffled"):
        lines.append(
            f"| chance (mean share of a class; permuted: mean, 97.5 %) | {chance['chance']:.3f} "
            f"({chance['permuted_mean']:.3f}, {chance['permuted_97.5_%']:.3f}) |"
        )
    judged = [(name, results[name]["holds"]) for name in ("linear", "green", "shuffled") if name in results]
    lines += ["", *(f"check {name}: {'holds' if holds else 'DOES NOT HOLD'}" for name, holds in judged)]
    lines += ["", f"| class | cells | {' | '.join(reached)} |", f"| --- | --- |{' --- |' * len(reached)}"]
    lines += [
        f"| {row['class']} | {row['cells']} | {' | '.join(f'{row[name]:.3f}' for name in reached)} |"
        for row in results["classes"]
    ]
    if order := results.get("order"):
        lines += [
            "",
            f"order of the classes beside the teams at Kaggle: Spearman {order['spearman']:.2f} "
            f"over {order['classes']} classes",
        ]
    if reality := results.get("reality"):
        lines += ["", describe_reality(reality)]
    return "\n".join(lines)


def draw_arms(path: Path, classes: list[dict[str, Any]], arms: list[str]) -> None:
    """Draw, as PNG, the AP of each class in each arm."""
    figure = Figure(figsize=(12, 4.5), layout="constrained")
    axes = figure.subplots()
    places = np.arange(len(classes))
    width = 0.8 / len(arms)
    for number, arm in enumerate(arms):
        heights = [row[arm] for row in classes]
        axes.bar(places + (number - (len(arms) - 1) / 2) * width, heights, width, label=_ARMS[arm])
    axes.set_xticks(places, [f"{row['class']} ({row['cells']})" for row in classes], rotation=35, ha="right")
    axes.set(ylabel="AP of single cells", ylim=(0, 1))
    axes.legend(frameon=False, ncols=len(arms))
    axes.spines[["top", "right"]].set_visible(False)
    _write(figure, path)


def draw_order(path: Path, ours: dict[int, float], theirs: dict[int, float], coefficient: float) -> None:
    """Draw, as PNG, each class's AP here against the mean of the teams at Kaggle."""
    figure = Figure(figsize=(7, 6), layout="constrained")
    axes = figure.subplots()
    for label in sorted(set(ours) & set(theirs)):
        axes.plot(theirs[label], ours[label], "o", color="tab:blue")
        place = theirs[label], ours[label]
        axes.annotate(CLASS_NAMES[label], place, (4, 3), textcoords="offset points", fontsize=8)
    axes.set(
        xlabel="AP at Kaggle, mean of the teams (cells found by each)",
        ylabel="AP here, network (known cells)",
        title=f"Spearman {coefficient:.2f}",
    )
    axes.spines[["top", "right"]].set_visible(False)
    _write(figure, path)


def _write(figure: Figure, path: Path) -> None:
    write_figure(path, figure)
