"""Evaluate: how good predictions are, for each cell, for whole images and for proteins."""

import logging
from collections.abc import Sequence
from typing import Any

from data.evaluate.aggregation import How
from data.evaluate.quality import Quality, measure_decisions
from data.labels.label_file import read_proteins, read_stains
from data.plots.class_scores import draw_class_figures
from data.plots.confusion import draw_confusion
from data.predictions.predictions_table import read_class_names
from stages.evaluate.judged_cells import judge_cells
from stages.evaluate.levels import Judged, list_levels
from stages.evaluate.paths import EvaluateInputs, EvaluateOutputs
from stages.evaluate.protein_table import write_protein_table
from stages.evaluate.report import count_levels, describe_quality, write_quality
from stages.evaluate.settings import EvaluateSettings
from stages.stage import Context, StageReport

log = logging.getLogger("hpacells")


def run(
    inputs: EvaluateInputs, outputs: EvaluateOutputs, settings: EvaluateSettings, context: Context
) -> StageReport:
    """Measure predictions against the labels of their images, and with what was said of single cells.

    A cell has the labels of its image (its own, where it is pre-cropped), or those that a correction gives
    it, in images without a label, too; where a correction only says that it is wrong, it is left out, as by
    a training. Of images and proteins corrections change nothing: an image has what any of its
    cells has (union), or is ranked by its cells' mean probability and has what at least half of them have
    (mean); a protein likewise of its images, where the label file names proteins.

    Returns
    -------
    StageReport
        With the content of ``quality.json`` in its details.

    Raises
    ------
    InputError
        A file is missing or does not fit the others, or no cell is left.
    """
    names = read_class_names(inputs.predictions_path)
    with context.track("evaluate", 5) as advance:
        cells = judge_cells(inputs, names, settings.threshold)
        if inputs.trained_on:
            log.warning("trained with these labels: the figures of cells that were trained on are too good")
        _warn_of_corrections(inputs)
        title = f"{cells.quality.count} cells"
        draw_confusion(outputs.confusion_path, cells.quality, names, f"{title}, {cells.shown} images")
        advance(1)
        levels: list[dict[str, Any]] = [_describe("cell", "", cells.quality, names)]
        drawn: dict[str, Quality] = {title: cells.quality}
        protein_of = read_proteins(inputs.labels_path)
        of_proteins: dict[How, Judged] = {}
        for level, how, judged in list_levels(cells.images, protein_of):
            quality = measure_decisions(judged.probabilities, judged.decisions, judged.targets)
            levels.append(_describe(level, how, quality, names))
            if level == "protein":
                of_proteins[how] = judged
            else:
                drawn[f"{quality.count} {level}s, {how} of cells"] = quality
            advance(1)
    stains = read_stains(inputs.labels_path)
    write_protein_table(outputs.proteins_path, cells.cells_of, of_proteins, stains, protein_of, names)
    draw_class_figures(outputs.f1_path, drawn, names)
    details = {"threshold": settings.threshold, "trained_on": inputs.trained_on}
    corrected = {} if cells.corrected is None else {"corrected_cells": cells.corrected}
    details |= corrected | {"levels": levels}
    write_quality(outputs, details)
    told = {name.replace("_", " "): count for name, count in corrected.items()}
    return StageReport(counts=count_levels(levels) | told, details=details)


def _warn_of_corrections(inputs: EvaluateInputs) -> None:
    if inputs.corrected_in_training and inputs.corrections_path is None:
        log.warning(
            "the training had corrections of %d cells, which are judged here by the labels of their images; "
            "give the file with --corrections to judge them by what it says",
            inputs.corrected_in_training,
        )


def _describe(level: str, how: str, quality: Quality, names: Sequence[str]) -> dict[str, Any]:
    return {"level": level, "aggregation": how, **describe_quality(quality, names)}
