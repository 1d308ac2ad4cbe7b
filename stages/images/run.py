"""Images: tell what hpacells finds in each field, without segmenting anything."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from data.channels import CHANNELS
from data.errors import InputError
from data.fields.field import Field
from data.fields.field_summary import FieldSummary, summarise_field
from data.labels.coverage import check_coverage
from data.labels.label_file import read_labels
from data.storage.images import read_ahead
from stages.images.paths import ImagesInputs, ImagesOutputs
from stages.images.settings import ImagesSettings
from stages.stage import Context, Failure, StageReport

log = logging.getLogger("hpacells")

SHEET_FIELDS = 24
"""Fields on a contact sheet, evenly spread over all."""

_PANEL_PX = 220


def run(
    inputs: ImagesInputs, outputs: ImagesOutputs, settings: ImagesSettings, context: Context
) -> StageReport:
    """Describe every field from its files' metadata, and draw a contact sheet where one is asked for.

    Returns
    -------
    StageReport
        With ``fields`` in its details: ``FieldSummary.as_dict`` of each, and its ``labels``.

    Raises
    ------
    InputError
        The label file cannot be read.
    """
    labels = _read_labels(inputs)
    if labels is not None:
        _tell_coverage(labels, inputs)
    summaries: list[FieldSummary] = []
    work = context.map(
        summarise_field,
        read_ahead(inputs.fields, Field.list_files),
        description="images",
        total=len(inputs.fields),
    )
    for field, done in work:
        summaries.append(
            FieldSummary(field.image_id, problems=(str(done),)) if isinstance(done, Exception) else done
        )
    summaries = _compare_channels(summaries, inputs.fields)
    if outputs.sheet_path is not None:
        _draw_sheet(inputs.fields, summaries, outputs, context)
    faulty = [summary for summary in summaries if summary.problems]
    counts: dict[str, int | float] = {"fields": len(summaries), "that cannot be read": len(faulty)}
    if labels is not None:
        counts["without a label"] = sum(summary.image_id not in labels for summary in summaries)
    return StageReport(
        counts=counts,
        failures=[Failure(summary.image_id, "; ".join(summary.problems)) for summary in faulty],
        details={"fields": [_as_row(summary, labels) for summary in summaries]},
    )


def _compare_channels(summaries: Sequence[FieldSummary], fields: Sequence[Field]) -> list[FieldSummary]:
    """Take a channel that a field lacks for a fault where other fields have it."""
    known = {channel for field in fields for channel in field.files}
    compared = []
    for summary, field in zip(summaries, fields, strict=True):
        lacking = sorted(known - field.files.keys(), key=CHANNELS.index)
        told = f"no {' and no '.join(lacking)} channel, which other fields have"
        compared.append(
            replace(
                summary,
                problems=(*summary.problems, *([told] if lacking else [])),
                remarks=tuple(remark for remark in summary.remarks if remark[3:] not in lacking),
            )
        )
    return compared


def format_images(fields: Sequence[Mapping[str, Any]], most: int) -> str:
    """Lay out the fields of a report as lines of text, at most so many, and what all have in common."""
    width = max([len(str(row["image_id"])) for row in fields[:most]] + [5])
    lines = [f"{'field':<{width}} {'px':>11} {'bits':>5} {'um/px':>7}  channels  labels, remarks"]
    lines += [_format_row(row, width) for row in fields[:most]]
    if len(fields) > most:
        lines.append(f"... and {len(fields) - most} more (--all lists them)")
    sources = Counter(row["pixel_size_source"] for row in fields if row["pixel_size_source"])
    if sources:
        told = ", ".join(f"{source} ({count} fields)" for source, count in sources.most_common())
        lines += ["", f"pixel size from: {told}"]
    whites = {row["white"] for row in fields if row["white"]}
    if whites:
        lines.append(f"white of 16-bit files: {', '.join(map(str, sorted(whites)))}")
    return "\n".join(lines)


def _format_row(row: Mapping[str, Any], width: int) -> str:
    channels = row["channels"]
    first = next(iter(channels.values()), None)
    size = f"{first['width']} x {first['height']}" if first else "-"
    bits = str(first["significant_bits"] or _bits_of(first["dtype"])) if first else "-"
    pixel = f"{row['pixel_size_um']:.4g}" if row["pixel_size_um"] else "-"
    marks = "".join(
        initial if channel in channels else "-" for initial, channel in zip("RGBY", CHANNELS, strict=True)
    )
    told = [*([f"labels {row['labels']}"] if row.get("labels") else []), *row["remarks"]]
    told += ["CANNOT BE READ, see below"] if row["problems"] else []
    return (
        f"{row['image_id']:<{width}} {size:>11} {bits:>5} {pixel:>7}  {marks:<8}  {', '.join(told)}".rstrip()
    )


def _bits_of(dtype: str) -> int:
    return int("".join(character for character in dtype if character.isdigit()) or 1)


def _as_row(summary: FieldSummary, labels: Mapping[str, Sequence[int]] | None) -> dict[str, Any]:
    row = summary.as_dict()
    if labels is not None:
        row["labels"] = "|".join(str(label) for label in labels.get(summary.image_id, ()))
    return row


def _tell_coverage(labels: Mapping[str, object], inputs: ImagesInputs) -> None:
    """Warn of labels of other images, which later stages refuse; here the images are shown all the same."""
    try:
        check_coverage(labels, [field.image_id for field in inputs.fields], where=inputs.labels_path)
    except InputError as error:
        log.warning(str(error))


def _read_labels(inputs: ImagesInputs) -> dict[str, tuple[int, ...]] | None:
    return None if inputs.labels_path is None else read_labels(inputs.labels_path)


def _draw_sheet(
    fields: Sequence[Field], summaries: Sequence[FieldSummary], outputs: ImagesOutputs, context: Context
) -> None:
    # Imported here: pictures take a second to start, which the table need not wait for.
    from data.plots.examples import draw_channels, read_example

    whole = [field for field, summary in zip(fields, summaries, strict=True) if not summary.problems]
    step = max(1.0, len(whole) / SHEET_FIELDS)
    chosen = [whole[int(number * step)] for number in range(min(len(whole), SHEET_FIELDS))]
    drawn = context.map(
        lambda field: read_example(field, _PANEL_PX), chosen, description="sheet", total=len(chosen)
    )
    examples = [(done, field.image_id) for field, done in drawn if not isinstance(done, Exception)]
    if examples and outputs.sheet_path is not None:
        draw_channels(outputs.sheet_path, examples, _PANEL_PX)
