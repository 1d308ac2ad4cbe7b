"""Evaluate: how good predictions are, for each cell, for whole images and for proteins."""

import logging
from typing import Any

from data.evaluate.aggregation import How
from data.evaluate.quality import Quality, measure_decisions
from data.labels.label_file import read_proteins, read_stains
from data.plots.class_scores import draw_class_figures
from data.plots.confusion import draw_confusion
from data.predictions.predictions_table import read_class_names
from stages.evaluate.labelled_cells import read_labelled_cells
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
    protein_of = read_proteins(inputs.labels_path)
    of_proteins: dict[How, Judged] = {}
    with context.track("evaluate", 5) as advance:
        for level, how, judged in list_levels(cells, protein_of):
            quality = measure_decisions(judged.probabilities, judged.decisions, judged.targets)
            levels.append({"level": level, "aggregation": how, **describe_quality(quality, names)})
            if level == "cell":
                title = f"{quality.count} cells, {len(set(judged.names))} images"
                draw_confusion(outputs.confusion_path, quality, names, title)
            if level == "protein":
                of_proteins["union" if how == "union" else "mean"] = judged
            else:
                title = f"{quality.count} {level}s"
                drawn[f"{title}, {how} of cells" if how else title] = quality
            advance(1)
    write_protein_table(
        outputs.proteins_path, cells, of_proteins, read_stains(inputs.labels_path), protein_of, names
    )
    draw_class_figures(outputs.f1_path, drawn, names)
    details = {"threshold": settings.threshold, "trained_on": inputs.trained_on, "levels": levels}
    write_quality(outputs, details)
    return StageReport(counts=count_levels(levels), details=details)
