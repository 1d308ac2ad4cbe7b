"""Score: compare a submission with the truth, by the metric of the Kaggle 2021 competition."""

import json
from pathlib import Path
from typing import Any

from pydantic import Field as Setting

from data.atomic import atomic_write
from data.labels import CLASS_NAMES
from data.metric import KAGGLE_IOU, AbsentPolicy, Evaluation, evaluate
from data.submission import read_submission
from stages.stage import Context, StageReport, StageSettings


class ScoreSettings(StageSettings):
    """Settings of the score stage."""

    absent: AbsentPolicy = Setting(
        "fp", description="detections of a class that their image lacks: false positives (fp), or ignore"
    )
    iou: float = Setting(
        KAGGLE_IOU, gt=0, le=1, description="intersection over union from which on masks match"
    )


def run(
    submission: Path, truth: Path, settings: ScoreSettings, context: Context, json_path: Path | None = None
) -> StageReport:
    """Score a submission.

    Parameters
    ----------
    submission, truth
        Files of the submission's format; every truth triple is a cell, whatever its confidence.
    json_path
        Where to write ``{"map": .., "ap": {"0": .., ..}}``, null for a class without truth; nowhere if None.

    Returns
    -------
    StageReport
        With ``map``, ``iou``, ``absent`` and ``classes`` (label, name, ap, truth, detections) in its details.
    """
    with context.track("score", 3) as advance:
        submitted = read_submission(submission)
        advance(1)
        true = read_submission(truth)
        advance(1)
        evaluation = evaluate(submitted, true, absent=settings.absent, min_iou=settings.iou)
        advance(1)
    if json_path is not None:
        _write_json(json_path, evaluation)
    return StageReport(counts=_counts(evaluation), details=_details(evaluation, settings))


def format_scores(details: dict[str, Any]) -> str:
    """Lay out the details of a score report as a table of text, a line a class and the mean below it."""
    lines = [f"{'class':<44}{'AP':>8}{'cells':>9}{'detections':>12}"]
    lines += [
        f"{row['label']:>2} {row['name']:<41}{_format(row['ap']):>8}{row['truth']:>9}{row['detections']:>12}"
        for row in details["classes"]
    ]
    lines.append(f"{'mAP at mask IoU ' + format(details['iou'], 'g'):<44}{_format(details['map']):>8}")
    return "\n".join(lines)


def _counts(evaluation: Evaluation) -> dict[str, int | float]:
    counts: dict[str, int | float] = {} if evaluation.map is None else {"mAP": round(evaluation.map, 6)}
    counts |= {"images": evaluation.images, "truth cells and classes": sum(evaluation.truth_cells)}
    counts["detections"] = sum(evaluation.detections)
    if evaluation.images_without_row:
        counts["images without a row"] = evaluation.images_without_row
    if evaluation.ignored_images:
        counts["images that the truth lacks"] = evaluation.ignored_images
    return counts


def _details(evaluation: Evaluation, settings: ScoreSettings) -> dict[str, Any]:
    columns = zip(
        CLASS_NAMES,
        evaluation.average_precision,
        evaluation.truth_cells,
        evaluation.detections,
        strict=True,
    )
    classes = [
        {"label": label, "name": name, "ap": ap, "truth": truth, "detections": detections}
        for label, (name, ap, truth, detections) in enumerate(columns)
    ]
    return {"map": evaluation.map, "iou": settings.iou, "absent": settings.absent, "classes": classes}


def _write_json(path: Path, evaluation: Evaluation) -> None:
    by_class = {str(label): ap for label, ap in enumerate(evaluation.average_precision)}
    with atomic_write(path) as temporary:
        temporary.write_text(json.dumps({"map": evaluation.map, "ap": by_class}, indent=1) + "\n")


def _format(score: float | None) -> str:
    return "-" if score is None else f"{score:.4f}"
