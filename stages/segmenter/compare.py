"""Compare: how two segmenters agree on the cells of a folder of fields, cell by cell."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.atomic import atomic_write
from data.compare.agreement import Agreement, compare_cells, pool_agreements
from data.compare.segmentation_scores import SegmentationScores, pool_scores, score_segmentation
from data.compare.verdicts import VERDICTS, judge_cells
from data.errors import InputError
from data.fields.field import Field
from data.fields.pixel_size import resolve_pixel_size
from data.plots.comparison import complete_channels, draw_comparison
from data.tables.csv_file import write_csv
from stages.segmenter.cell_source import CellSource
from stages.segmenter.compare_scores import describe_scores, format_scores
from stages.segmenter.compare_settings import CompareSettings
from stages.segmenter.paths import CompareInputs, CompareOutputs
from stages.stage import Context, Failure, StageReport


@dataclass(frozen=True)
class _Compared:
    field: Field
    agreement: Agreement
    scores: SegmentationScores
    judged: pd.DataFrame
    panel: NDArray[np.uint8]


def run(
    inputs: CompareInputs, outputs: CompareOutputs, settings: CompareSettings, context: Context
) -> StageReport:
    """Compare two sources of cells field by field; one that cannot be compared does not stop the others.

    Returns
    -------
    StageReport
        With ``fields`` and ``pooled``, as in ``summary.json``, in its details, and the figures of the field's
        papers in ``scores`` of each.

    Raises
    ------
    InputError
        No field could be compared.
    """
    a, b, fields = inputs.a, inputs.b, inputs.fields
    for source in (a, b):
        source.prepare(min(context.workers, len(fields)))
    work = _Comparison(a, b, settings)
    tables, rows, worst, agreements, scores, failures = [], [], [], [], [], []
    for field, result in context.map(work, fields, description="compare", total=len(fields)):
        if isinstance(result, Exception):
            failures.append(Failure(field.image_id, str(result)))
            continue
        tables.append(result.judged.assign(image_id=field.image_id))
        rows.append({"image_id": field.image_id} | _figures(result.agreement, result.judged["verdict"]))
        agreements.append(result.agreement)
        scores.append(result.scores)
        worst = sorted([*worst, result], key=_rank)[: settings.pictures]
    if not rows:
        raise InputError(found=f"no field could be compared; the first: {failures[0].why}", where="images")
    cells = pd.concat(tables, ignore_index=True)
    pooled = _figures(pool_agreements(agreements), cells["verdict"])
    details = {"a": a.name, "b": b.name, "iou": settings.iou, "pooled": pooled, "fields": rows}
    details["scores"] = {
        "boundary_um": settings.boundary_um,
        "pooled": describe_scores(pool_scores(scores)),
        "fields": {row["image_id"]: describe_scores(each) for row, each in zip(rows, scores, strict=True)},
    }
    _write(outputs, cells, details, worst)
    counts: dict[str, int | float] = {"fields": len(rows), "cells of a": pooled["cells_a"]}
    counts |= {"cells of b": pooled["cells_b"], "matched": pooled["matched"], "failed": len(failures)}
    return StageReport(counts=counts, failures=failures, details=details)


def format_comparison(details: dict[str, Any]) -> str:
    """Lay out the details of a comparison as a table of text, a line a field and all of them below it."""
    names = ("f1", "mean_iou", "cells_a", "cells_b", *VERDICTS)
    rows = [*details["fields"], {"image_id": "all fields"} | details["pooled"]]
    width = max(len(row["image_id"]) for row in rows)
    lines = [f"A: {details['a']}   B: {details['b']}   cells match at IoU {details['iou']:g}"]
    lines.append(f"{'field':<{width}}" + "".join(f"{name.replace('_', ' '):>10}" for name in names))
    lines += [
        f"{row['image_id']:<{width}}" + "".join(f"{_format(row[name]):>10}" for name in names) for row in rows
    ]
    return "\n".join([*lines, "", *format_scores(details["scores"])])


class _Comparison:
    """Compare one field; called from several threads."""

    def __init__(self, a: CellSource, b: CellSource, settings: CompareSettings) -> None:
        self._a, self._b, self._settings = a, b, settings

    def __call__(self, field: Field) -> _Compared:
        a, b = (source.find_cells(field) for source in (self._a, self._b))
        agreement = compare_cells(a, b, self._settings.iou)
        judged = judge_cells(a, b, self._settings.iou)
        pixel_size_um = resolve_pixel_size(field, self._settings.pixel_size_um).um
        scores = score_segmentation(a, b, self._settings.boundary_um / pixel_size_um)
        present = tuple(field.files)
        image = field.read(present)
        if image.shape[1:] != a.shape:
            raise InputError(
                found=f"label images of {a.shape[1]} x {a.shape[0]} px",
                where=f"field {field.image_id}",
                expected=f"the size of its image, {image.shape[2]} x {image.shape[1]} px",
            )
        caption = f"F1 {_format(agreement.f1)}  A white, B orange  {field.image_id}"
        size = self._settings.picture_size
        panel = draw_comparison(complete_channels(image, present), a, b, judged, caption, size)
        return _Compared(field, agreement, scores, judged, panel)


def _rank(compared: _Compared) -> tuple[float, float, str]:
    """Sort fields that agree least first; those without cells in either agree."""
    agreement = compared.agreement
    f1, iou = (1.0 if np.isnan(value) else value for value in (agreement.f1, agreement.mean_iou))
    return f1, iou, compared.field.image_id


def _figures(agreement: Agreement, verdicts: pd.Series) -> dict[str, Any]:
    counts = Counter(verdicts)
    figures: dict[str, Any] = {
        name: None if np.isnan(value) else round(value, 4)
        for name, value in (("f1", agreement.f1), ("mean_iou", agreement.mean_iou))
    }
    figures |= {"cells_a": agreement.reference_cells, "cells_b": agreement.predicted_cells}
    return figures | {verdict: counts[verdict] for verdict in VERDICTS}


def _write(
    outputs: CompareOutputs, cells: pd.DataFrame, details: dict[str, Any], worst: Sequence[_Compared]
) -> None:
    columns = ["image_id", "cell_a", "cell_b", "iou", "verdict"]
    write_csv(outputs.cells_path, cells[columns], float_format="%.4f")
    with atomic_write(outputs.summary_path) as temporary:
        temporary.write_text(json.dumps(details, indent=2) + "\n")
    columns = int(np.ceil(np.sqrt(len(worst))))
    empty = np.zeros_like(worst[0].panel)
    panels = [compared.panel for compared in worst] + [empty] * (-len(worst) % columns)
    rows = [np.hstack(panels[start : start + columns]) for start in range(0, len(panels), columns)]
    with atomic_write(outputs.worst_path) as temporary:
        temporary.write_bytes(cv2.imencode(".png", np.vstack(rows)[..., ::-1])[1].tobytes())


def _format(value: float | int | None) -> str:
    if value is None or np.isnan(value):
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else str(value)
