"""Evaluate: how good predictions are, for each cell, for whole images and for proteins."""

import logging
from typing import Any

from data.evaluate.quality import Quality, measure_decisions
from data.labels.label_file import read_proteins
from data.plots.class_scores import draw_class_figures
from data.plots.confusion import draw_confusion
from data.predictions.predictions_table import read_class_names
from stages.evaluate.labelled_cells import read_labelled_cells
from stages.evaluate.levels import list_levels
from stages.evaluate.paths import EvaluateInputs, EvaluateOutputs
from stages.evaluate.report import count_levels, describe_quality, write_quality
from stages.evaluate.settings import EvaluateSettings
from stages.stage import Context, StageReport

log = logging.getLogger("hpacells")


def run(
    inputs: EvaluateInputs, outputs: EvaluateOutputs, settings: EvaluateSettings, context: Context
) -> StageReport:
    """Measure predictions against the labels of their images.

    A cell has the labels of its image (its own, where it is pre-cropped). An image has what any of its
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
    names = read_class_names(inputs.predictions_path) if inputs.predictions_path.is_file() else ()
    cells = read_labelled_cells(inputs, names, settings.threshold)
    if inputs.trained_on:
        log.warning("these labels were trained with: the figures of cells that were trained on are too good")
    levels: list[dict[str, Any]] = []
    drawn: dict[str, Quality] = {}
    with context.track("evaluate", 5) as advance:
        for level, how, judged in list_levels(cells, read_proteins(inputs.labels_path)):
            quality = measure_decisions(judged.probabilities, judged.decisions, judged.targets)
            levels.append({"level": level, "aggregation": how, **describe_quality(quality, names)})
            if level == "cell":
                title = f"{quality.count} cells, {len(set(judged.names))} images"
                draw_confusion(outputs.confusion_path, quality, names, title)
            if level != "protein":
                title = f"{quality.count} {level}s"
                drawn[f"{title}, {how} of cells" if how else title] = quality
            advance(1)
    draw_class_figures(outputs.f1_path, drawn, names)
    details = {"threshold": settings.threshold, "trained_on": inputs.trained_on, "levels": levels}
    write_quality(outputs, details)
    return StageReport(counts=count_levels(levels), details=details)
