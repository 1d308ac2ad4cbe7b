"""Explore: what a label set and its images look like, as plots, tables and a page that opens from disk."""

import json
from collections.abc import Mapping
from typing import Any

from data.atomic import atomic_folder
from data.cells.stored_cells import StoredCells
from data.errors import InputError
from data.explore.cell_counts import CellCounts, count_cells
from data.explore.label_table import LabelTable, tabulate_labels
from data.fields.images_table import read_images
from data.labels.coverage import check_coverage
from data.labels.label_file import read_labels, read_proteins
from data.labels.label_set import read_label_set
from stages.explore.cell_plots import plot_cells
from stages.explore.examples import show_examples
from stages.explore.label_plots import plot_classes, plot_combinations, plot_pairs, plot_repetition
from stages.explore.paths import ExploreInputs, ExploreOutputs
from stages.explore.settings import ExploreSettings
from stages.pages.findings import Findings, write_findings
from stages.stage import Context, StageReport


def run(
    inputs: ExploreInputs, outputs: ExploreOutputs, settings: ExploreSettings, context: Context
) -> StageReport:
    """Write ``index.html`` with its plots (PNG), their figures (CSV), and all of them in ``summary.json``.

    Returns
    -------
    StageReport
        With the content of ``summary.json`` in its details.

    Raises
    ------
    InputError
        The label file cannot be read, names no image, or none of the fields; negatives are to be added, but
        the label set has no such class.
    """
    table, proteins = _read(inputs, settings)
    cells = _count_cells(inputs, table)
    with atomic_folder(outputs.explore_dir, replace=True) as folder:
        findings = Findings(folder)
        findings.details |= {"labels": str(inputs.labels_path), "label_set": settings.label_set}
        with context.track("explore", 4) as advance:
            plot_classes(table, proteins, findings)
            advance(1)
            plot_pairs(table, findings)
            advance(1)
            plot_combinations(table, settings.combinations, findings)
            advance(1)
            is_marked = cells is not None and cells.total and not settings.repeat.changes_nothing
            marks = cells.mark_cells() if cells is not None and is_marked else None
            plot_repetition(table, marks, settings.repeat, findings)
            if cells is not None:
                plot_cells(table, cells, findings)
            advance(1)
        _show_images(inputs, table, settings, findings, context)
        findings.details |= {"facts": findings.facts, "notes": findings.notes}
        (folder / "summary.json").write_text(json.dumps(findings.details, indent=1) + "\n")
        write_findings(findings, f"Labels of {inputs.labels_path.name}")
    counts: dict[str, int | float] = {"images": len(table.shown), "plots": len(findings.plots)}
    return StageReport(counts=counts, failures=findings.failures, details=findings.details)


def format_exploration(details: dict[str, Any]) -> str:
    """Lay out what was found as text, a line each."""
    width = max(len(name) for name in details["facts"])
    lines = [f"{name:<{width}}  {told}" for name, told in details["facts"].items()]
    return "\n".join([*lines, *details["notes"]])


def _read(inputs: ExploreInputs, settings: ExploreSettings) -> tuple[LabelTable, Mapping[str, str]]:
    label_set = read_label_set(settings.label_set)
    labels = read_labels(inputs.labels_path, label_set)
    if not labels:
        raise InputError(found="no image", where=inputs.labels_path, expected="one row per image")
    if settings.repeat.synthetic_negative_fraction and label_set.negative is None:
        raise InputError(
            found=f"no negative class in {settings.label_set}",
            where="explore.repeat.synthetic_negative_fraction",
            expected="a label set with one",
            advice="name it in the label set (negative = ...), or leave this setting out",
        )
    if inputs.fields is not None:
        check_coverage(labels, [field.image_id for field in inputs.fields], where=inputs.labels_path)
    return tabulate_labels(labels, label_set), read_proteins(inputs.labels_path)


def _count_cells(inputs: ExploreInputs, table: LabelTable) -> CellCounts | None:
    if inputs.cells_path is None or inputs.images_table_path is None:
        return None
    parts = StoredCells(inputs.cells_path).read_images(["image_id", "dropped"])
    return count_cells(parts, read_images(inputs.images_table_path)["image_id"].tolist(), table)


def _show_images(
    inputs: ExploreInputs, table: LabelTable, settings: ExploreSettings, findings: Findings, context: Context
) -> None:
    if inputs.fields is None:
        findings.notes.append("No folder of images was given: these are the plots of the labels alone.")
        return
    show_examples(
        table,
        inputs.fields,
        settings.samples,
        settings.picture_size,
        findings,
        context,
    )
