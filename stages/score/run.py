"""Score: compare a submission with the truth, by the metric of the Kaggle 2021 competition."""

import json
import logging
from pathlib import Path
from typing import Any

from data.atomic import atomic_write
from data.errors import InputError
from data.labels.label_set import HPA2021, LabelSet, read_label_set
from data.predictions.submission import Submission, read_submission
from data.score.judged_detections import judge_by_thresholds
from data.score.kaggle_map import Score, summarise
from data.score.team_table import read_team_table
from data.tables.id_hints import explain_ids
from stages.score.details import (
    compare_teams,
    find_intervals,
    format_intervals,
    format_places,
    measure_mask_cost,
    tabulate_thresholds,
    write_curves,
)
from stages.score.paths import ScoreInputs, ScoreOutputs
from stages.score.settings import ScoreSettings
from stages.stage import Context, StageReport

log = logging.getLogger("hpacells")


def choose_label_set(settings: ScoreSettings, predicted: LabelSet | None) -> LabelSet:
    """Choose the classes of a submission: by the settings, or those that were predicted, or the default ones.

    Raises
    ------
    InputError
        There is no such label set, or it has more or fewer classes than were predicted.
    """
    if not settings.label_set:
        return predicted or HPA2021
    chosen = read_label_set(settings.label_set)
    if predicted is not None and len(predicted) != len(chosen):
        raise InputError(
            found=f"{chosen} ({len(chosen)} classes)",
            where="setting score.label_set",
            expected=f"{predicted} ({len(predicted)} classes), of which the submission was made",
            advice="leave this setting out",
        )
    return chosen


def run(inputs: ScoreInputs, outputs: ScoreOutputs, settings: ScoreSettings, context: Context) -> StageReport:
    """Score a submission.

    Returns
    -------
    StageReport
        With ``map``, ``iou``, ``absent`` and ``classes`` (label, name, ap, truth, detections) in its details,
        and, where they are asked for, ``ious``, ``mask_cost``, ``intervals`` and ``teams``.
    """
    with context.track("score", 3) as advance:
        label_set = choose_label_set(settings, inputs.predicted)
        submitted = read_submission(inputs.submission_path, label_set)
        advance(1)
        true = read_submission(inputs.truth_path, label_set)
        advance(1)
        if true.images.empty:
            raise InputError(
                found="no row below the header", where=inputs.truth_path, expected="one row per image"
            )
        _check_images(submitted, true)
        ious = [settings.iou, *settings.ious]
        judged = judge_by_thresholds(submitted, true, absent=settings.absent, ious=ious)
        result = summarise(judged[0])
        advance(1)
    more: dict[str, Any] = {}
    if settings.ious:
        more["ious"] = tabulate_thresholds(settings.ious, judged[1:])
    if settings.mask_cost:
        more["mask_cost"] = measure_mask_cost(submitted, true, settings.absent, settings.iou)
    if settings.samples:
        more["intervals"] = find_intervals(judged[0], settings.samples, settings.seed)
    if inputs.teams_path is not None:
        table = read_team_table(inputs.teams_path, label_set)
        for team, why in table.left_out.items():
            log.warning("%s: %s is left out: %s", inputs.teams_path, team, why)
        more["teams"] = compare_teams(table, result.average_precision)
    if outputs.metric_path is not None:
        _write_json(outputs.metric_path, result, more)
    if outputs.curves_dir is not None:
        write_curves(outputs.curves_dir, judged[0], label_set.names)
    return StageReport(counts=_counts(result), details=_details(result, settings, label_set) | more)


def _check_images(submitted: Submission, true: Submission) -> None:
    """Check that a submission has some images of the truth; warn of IDs that nearly are those of others.

    Raises
    ------
    InputError
        It has none.
    """
    given, known = set(submitted.images["image_id"]), set(true.images["image_id"])
    hint = explain_ids(given - known, known - given)
    if known and given.isdisjoint(known):
        raise InputError(
            found=f"none of the {len(known)} images of {true.source} (the {len(given)} IDs here are others, "
            f"such as {min(given, default='none')}; one there is {min(known)})"
            + (f": {hint}" if hint else ""),
            where=submitted.source,
            expected="a submission for the images of the truth",
            advice="correct the IDs" if hint else "give the truth of these images",
        )
    if hint:
        log.warning(
            "%s: %d of %d images of the truth have no row; %s; correct these IDs if they are the same images",
            submitted.source,
            len(known - given),
            len(known),
            hint,
        )


def format_scores(details: dict[str, Any]) -> str:
    """Lay out the details of a score report as a table of text, a line a class and the mean below it."""
    lines = [f"{'class':<44}{'AP':>8}{'cells':>9}{'detections':>12}"]
    lines += [
        f"{row['label']:>2} {row['name']:<41}{_format(row['ap']):>8}{row['truth']:>9}{row['detections']:>12}"
        for row in details["classes"]
    ]
    lines.append(f"{'mAP at mask IoU ' + format(details['iou'], 'g'):<44}{_format(details['map']):>8}")
    lines += format_intervals(details)
    if "teams" in details:
        lines += ["", *format_places(details["teams"], [row["name"] for row in details["classes"]])]
    return "\n".join(lines)


def _counts(result: Score) -> dict[str, int | float]:
    counts: dict[str, int | float] = {} if result.map is None else {"mAP": round(result.map, 6)}
    counts |= {"images": result.images, "truth cells and classes": sum(result.truth_cells)}
    counts["detections"] = sum(result.detections)
    if result.images_without_row:
        counts["images without a row"] = result.images_without_row
    if result.ignored_images:
        counts["images that the truth lacks"] = result.ignored_images
    return counts


def _details(result: Score, settings: ScoreSettings, label_set: LabelSet) -> dict[str, Any]:
    columns = zip(
        label_set.names,
        result.average_precision,
        result.truth_cells,
        result.detections,
        strict=True,
    )
    classes = [
        {"label": label, "name": name, "ap": ap, "truth": truth, "detections": detections}
        for label, (name, ap, truth, detections) in enumerate(columns)
    ]
    return {"map": result.map, "iou": settings.iou, "absent": settings.absent, "classes": classes}


def _write_json(path: Path, result: Score, more: dict[str, Any]) -> None:
    by_class = {str(label): ap for label, ap in enumerate(result.average_precision)}
    with atomic_write(path) as temporary:
        temporary.write_text(json.dumps({"map": result.map, "ap": by_class} | more, indent=1) + "\n")


def _format(score: float | None) -> str:
    return "-" if score is None else f"{score:.4f}"
