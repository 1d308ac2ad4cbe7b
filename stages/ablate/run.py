"""Ablate: score a submission under every rule, over fixed predictions."""

import logging
import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.ablate.fixed_matches import FixedMatches, match_cells
from data.ablate.variants import list_variants
from data.cells.stored_cells import StoredCells
from data.errors import InputError
from data.labels.label_set import LabelSet
from data.plots.intervals import draw_intervals
from data.predictions.prediction_string import choose_classes
from data.predictions.predictions_table import read_image_weight
from data.predictions.submission import read_submission
from data.rules.cell_facts import CellFacts, collect_facts
from data.rules.negative_rules import NegativeRules, find_negative
from data.rules.rules import Rules, apply_rules, with_negative
from data.score.bootstrap import draw_samples, find_interval
from data.tables.csv_file import write_csv
from stages.ablate.paths import AblateInputs, AblateOutputs
from stages.ablate.settings import AblateSettings
from stages.combine.image_table import read_image_probabilities
from stages.combine.joined_cells import SubmissionClasses, join_cells
from stages.stage import Context, StageReport

log = logging.getLogger("hpacells")

BASE = "rules as they are"
"""Name of the row of the base."""


@dataclass(frozen=True)
class _Predicted:
    """The cells that could be written, and what each of their variants is made of."""

    probabilities: NDArray[np.floating]
    facts: CellFacts
    names: tuple[str, ...]
    image_weight: float | None
    classified: NDArray[np.floating] | None
    matches: FixedMatches
    inputs: AblateInputs
    samples: NDArray[np.int64]
    negative: str | None

    def score(self, rules: Rules) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the average precision of each class, (classes,), and the mAP of each sample."""
        settings = self.inputs.combined
        rules = with_negative(rules, self.negative)
        made = apply_rules(
            self.probabilities, self.facts, self.names, rules, self.image_weight, self.classified
        )
        written = choose_classes(made.values, settings.min_confidence, settings.max_classes)
        written &= ~made.left_out[:, np.newaxis]
        precisions = self.matches.average_precisions(made.values, written)
        sampled = [
            np.nanmean(self.matches.average_precisions(made.values, written, counts))
            for counts in self.samples
        ]
        return precisions, np.array(sampled, np.float64)


def run(
    inputs: AblateInputs, outputs: AblateOutputs, settings: AblateSettings, context: Context
) -> StageReport:
    """Write a table with the mAP of every variant of the rules, and a picture of the differences.

    The intervals are of bootstrap samples of images, the same for all variants, so that a difference is of
    the same images.

    Returns
    -------
    StageReport
        With ``variants`` in its details: name, mAP and difference of each, the largest gain first.

    Raises
    ------
    InputError
        As of the combine stage, or the truth has none of the images or no cell.
    """
    predicted = _read(inputs, settings)
    variants = _list_variants(predicted)
    with context.track("ablate", len(variants) + 1) as advance:
        precisions, base = predicted.score(inputs.combined.rules)
        advance(1)
        rows = [_row(BASE, precisions, base, precisions, base, predicted.names)]
        for name, rules in variants.items():
            changed, sampled = predicted.score(rules)
            rows.append(_row(name, changed, sampled, precisions, base, predicted.names))
            advance(1)
    table = pd.DataFrame(rows)
    order = [0, *(1 + table["difference"][1:].to_numpy().argsort(kind="stable")[::-1])]
    table = table.iloc[order].reset_index(drop=True)
    write_csv(outputs.table_path, table, float_format="%.6g")
    draw_intervals(
        outputs.picture_path,
        table["rules"].tolist()[1:],
        table[["difference", "difference_low", "difference_high"]].to_numpy(np.float64)[1:],
        title=f"mAP at mask IoU {settings.iou:g}: difference to {table['mAP'].iloc[0]:.4f}",
        unit="difference of mAP, with the middle 95 % of bootstrap samples of images",
    )
    shown = table[["rules", "mAP", "difference", "difference_low", "difference_high"]]
    return StageReport(
        counts={"variants": len(variants), "mAP": round(float(table["mAP"].iloc[0]), 6)},
        details={"variants": [_as_json(row) for row in shown.to_dict("records")]},
    )


def format_variants(details: dict[str, Any]) -> str:
    """Lay out the details of the report as a table of text."""
    lines = [f"{'rules':<48}{'mAP':>8}{'difference':>12}   middle 95 %"]
    for row in details["variants"]:
        numbers = "".join(
            "-".rjust(width) if row[name] is None else f"{row[name]:{sign}{width}.4f}"
            for name, width, sign in (("mAP", 8, ""), ("difference", 12, "+"))
        )
        known = row["difference_low"] is not None and row["rules"] != BASE
        interval = f"   {row['difference_low']:+.4f} to {row['difference_high']:+.4f}" if known else ""
        lines.append(f"{row['rules']:<48}{numbers}{interval}")
    return "\n".join(lines)


def _read(inputs: AblateInputs, settings: AblateSettings) -> _Predicted:
    table, probabilities = join_cells(inputs.cells_path, inputs.predictions_path)
    kept = table[table["dropped"] == ""]
    probabilities = probabilities[kept["prediction"].to_numpy(np.intp)]
    classes = SubmissionClasses(inputs.predictions_path, inputs.combined.label_set)
    probabilities, names = classes.merge(probabilities), tuple(classes.details["class_names"])
    label_set = LabelSet(names=names, title="of the predictions")
    truth = read_submission(inputs.truth_path, label_set)
    masks = StoredCells(inputs.cells_path).read_masks(kept["row"].to_numpy(np.intp))
    matches = match_cells(kept, masks, truth, label_set, settings.iou)
    if not len(matches.truth_labels) or not (matches.images >= 0).any():
        raise InputError(
            found="no cell" if not len(matches.truth_labels) else "none of the images of the predictions",
            where=inputs.truth_path,
            expected="the true cells of these images",
            advice="give the truth of the images that were predicted",
        )
    facts = collect_facts(kept, inputs.pixel_sizes_um)
    return _Predicted(
        probabilities,
        facts,
        names,
        read_image_weight(inputs.predictions_path),
        _read_images(inputs, facts.image_ids),
        matches,
        inputs,
        draw_samples(matches.image_count, settings.samples, settings.seed),
        classes.negative,
    )


def _list_variants(predicted: _Predicted) -> dict[str, Rules]:
    """Return name and rules of all variants that these predictions allow."""
    base = predicted.inputs.combined.rules
    asked = {"confidence": "product", "name": base.negative.name or predicted.negative}
    try:
        negative = find_negative(predicted.names, NegativeRules.model_validate(asked))
    except InputError:
        negative = None
        log.warning(
            "ablate: without the rules of the negative class, since there is none called Negative; "
            "--set combine.rules.negative.name=... names it"
        )
    classified = predicted.classified is not None
    return dict(list_variants(base, classified=classified, negative=negative is not None))


def _read_images(inputs: AblateInputs, image_ids: NDArray[np.str_]) -> NDArray[np.floating] | None:
    """Return what a classifier of whole fields says of each cell's image; None where none has said it."""
    path, combined = inputs.image_predictions_path, inputs.combined
    if path is None:
        return None
    try:
        return read_image_probabilities(path, image_ids, inputs.predictions_path, combined.label_set)
    except InputError as error:
        if combined.rules.image.statistic == "classifier":
            raise
        log.warning("ablate: without the rules that need a classifier of whole fields: %s", error)
        return None


def _row(
    name: str,
    precisions: NDArray[np.float64],
    sampled: NDArray[np.float64],
    base_precisions: NDArray[np.float64],
    base_sampled: NDArray[np.float64],
    names: tuple[str, ...],
) -> dict[str, Any]:
    mean, base = float(np.nanmean(precisions)), float(np.nanmean(base_precisions))
    low, high = find_interval(sampled)
    difference_low, difference_high = find_interval(sampled - base_sampled)
    return {
        "rules": name,
        "mAP": mean,
        "low": low,
        "high": high,
        "difference": mean - base,
        "difference_low": difference_low,
        "difference_high": difference_high,
        **{f"AP {label}": value for label, value in zip(names, precisions, strict=True)},
    }


def _as_json(row: Mapping[Hashable, Any]) -> dict[str, Any]:
    return {
        str(key): None if isinstance(value, float) and math.isnan(value) else value
        for key, value in row.items()
    }
