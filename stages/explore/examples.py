"""The pictures of example images: every channel by itself, and one single-label image a class."""

from collections.abc import Sequence

from data.explore.examples import choose_one_a_class, choose_samples
from data.explore.label_table import LabelTable
from data.fields.field import Field
from data.plots.examples import Example, draw_channels, draw_one_a_class, read_example
from data.storage.images import read_ahead
from stages.pages.findings import Findings, Plot, list_names
from stages.stage import Context, Failure


def show_examples(
    table: LabelTable,
    fields: Sequence[Field],
    count: int,
    side: int,
    findings: Findings,
    context: Context,
) -> None:
    """Draw some images with each channel by itself, and of each class one image that has its label alone.

    Images are read one after another by each worker and kept only shrunk. One that cannot be shown is counted
    as failed, and the others are.

    Parameters
    ----------
    table
        The labels, of at least one of the fields.
    fields
        The images at hand.
    count
        Images that are shown with each channel.
    side
        Longer side of a picture in px.
    """
    by_id = {field.image_id: field for field in fields}
    samples, classes = choose_samples(table, by_id, count), choose_one_a_class(table, by_id)
    wanted = [by_id[image_id] for image_id in sorted({*samples, *classes.values()})]
    examples: dict[str, Example] = {}
    for field, result in context.map(
        lambda field: read_example(field, side),
        read_ahead(wanted, Field.list_files),
        description="explore",
        total=len(wanted),
    ):
        if isinstance(result, Exception):
            findings.failures.append(Failure(field.image_id, str(result)))
        else:
            examples[field.image_id] = result
    stretched = (
        f"Shrunk to at most {side} px, and each channel of each image stretched for the eye (from 1 % to "
        "99.8 % of its grey values): do not compare their brightness."
    )
    _draw_samples(
        table, [examples[sample] for sample in samples if sample in examples], stretched, side, findings
    )
    shown = {label: examples[image_id] for label, image_id in classes.items() if image_id in examples}
    _draw_classes(table, shown, stretched, side, findings)
    found = len(set(table.image_ids.tolist()) & set(by_id))
    findings.facts["images at hand"] = f"{found:,} of the {len(table.image_ids):,} labelled ones" + (
        f"; without a label: {len(by_id) - found:,}" if len(by_id) > found else ""
    )
    findings.details["images_at_hand"] = found
    findings.details["shown"] = sorted(examples)


def _draw_samples(
    table: LabelTable, samples: list[Example], stretched: str, side: int, findings: Findings
) -> None:
    if not samples:
        return
    rows = dict(zip(table.image_ids.tolist(), table.shown, strict=True))
    captions = [
        ", ".join(table.label_set.names[label] for label in rows[sample.image_id].nonzero()[0])
        for sample in samples
    ]
    captioned = [
        (sample, f"{sample.image_id}\n{caption}") for sample, caption in zip(samples, captions, strict=True)
    ]
    path = findings.folder / "channels.png"
    draw_channels(path, captioned, side)
    caption_text = "Left microtubules red, protein green and nucleus blue in one; then each channel alone."
    findings.plots.append(Plot("Samples, channel by channel", path.name, f"{caption_text} {stretched}"))


def _draw_classes(
    table: LabelTable, shown: dict[int, Example], stretched: str, side: int, findings: Findings
) -> None:
    without = [name for label, name in enumerate(table.label_set.names) if label not in shown]
    caption_text = f"No image with this label alone is at hand for {list_names(without)}." if without else ""
    if not shown:
        findings.notes.append("None of the images at hand has a single label.")
        return
    captioned = [
        (example, f"{label} {table.label_set.names[label]}\n{example.image_id}")
        for label, example in shown.items()
    ]
    path = findings.folder / "one_a_class.png"
    draw_one_a_class(path, captioned, side)
    caption = (
        f"The first by ID that has the label alone; right the protein by itself. {caption_text} {stretched}"
    )
    findings.plots.append(Plot("One single-label image a class", path.name, caption))
