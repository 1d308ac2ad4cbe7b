"""The plots of a label set by itself: its classes, their number an image, pairs, combinations, repetition."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.explore.co_occurrence import correlate_labels, count_pairs, find_commonest_pair
from data.explore.combinations import count_combinations
from data.explore.label_table import LabelTable
from data.explore.repetition import RepetitionSettings, count_repetitions
from data.plots.bars import draw_named_bars, draw_number_bars
from data.plots.matrix import draw_correlation, draw_pairs
from stages.pages.findings import Findings, Plot, list_names


def plot_classes(table: LabelTable, proteins: Mapping[str, str], findings: Findings) -> None:
    """Plot the images of each class, and the labels of each image."""
    classes = table.count_classes(proteins)
    images, alone = (classes[name].to_numpy() for name in ("images", "single_label_images"))
    parts = {"this label alone": alone, "with other labels": images - alone}
    names = number_names(table)
    count = len(table.shown)
    path = findings.folder / "classes.png"
    draw_named_bars(path, names, parts, title=f"images of each class, of {count:,}", unit="images")
    caption = "An image with several labels counts for each of them."
    csv = findings.write_table("classes.csv", classes)
    findings.plots.append(Plot("Label distribution", path.name, caption, csv))
    numbers = table.count_labels_per_image()
    path = findings.folder / "labels_per_image.png"
    per_image = dict(zip(numbers["labels"].tolist(), numbers["images"].tolist(), strict=True))
    draw_number_bars(path, per_image, title="labels per image", of="labels", unit="images")
    csv = findings.write_table("labels_per_image.csv", numbers)
    mean = table.shown.sum() / count
    findings.plots.append(Plot("Labels per image", path.name, f"On average {mean:.2f}.", csv))
    findings.facts |= {
        "images": f"{count:,}, of which {int(table.single.sum()):,} have a single label",
        "labels per image": f"{mean:.2f} on average, at most {len(numbers)}",
    }
    ends = ("most", images.argmax()), ("fewest", np.where(images > 0, images, count + 1).argmin())
    findings.facts["images per class"] = ", ".join(
        f"{end} {names[row]} ({images[row]:,})" for end, row in ends
    )
    absent = [name for name, shown in zip(names, images, strict=True) if not shown]
    if absent:
        findings.facts["classes without images"] = list_names(absent)
    if proteins:
        findings.facts["proteins"] = f"{len(set(proteins.values())):,}, named for {len(proteins):,} images"
    findings.details |= {
        "images": count,
        "single_label_images": int(table.single.sum()),
        "proteins": len(set(proteins.values())) if proteins else None,
        "classes": classes.to_dict("records"),
        "labels_per_image": numbers.to_dict("records"),
    }


def plot_pairs(table: LabelTable, findings: Findings) -> None:
    """Plot which labels come together, and their correlation."""
    names = table.label_set.names
    pairs, correlation = count_pairs(table.shown), correlate_labels(table.shown)
    path = findings.folder / "co_occurrence.png"
    draw_pairs(path, pairs, names, title="images with both labels; in brackets those with the row's label")
    csv = findings.write_table("co_occurrence.csv", _square(pairs, names), index=True)
    caption = "Colours by the square root of the count. On the table's diagonal: images with the label."
    findings.plots.append(Plot("Co-occurrence of labels", path.name, caption, csv))
    path = findings.folder / "correlation.png"
    draw_correlation(path, correlation, names, title="correlation of labels over the images")
    csv = findings.write_table("correlation.csv", _square(correlation, names), index=True)
    caption = "Pearson's coefficient of having the labels or not; empty where a class has no or all images."
    findings.plots.append(Plot("Correlation of labels", path.name, caption, csv))
    commonest = find_commonest_pair(pairs)
    findings.details["commonest_pair"] = None
    if commonest is not None:
        images = int(pairs[commonest])
        caption_text = " and ".join(f"{label} {names[label]}" for label in commonest)
        findings.facts["commonest pair"] = f"{caption_text}, on {images:,} images"
        findings.details["commonest_pair"] = {"labels": list(commonest), "images": images}
    findings.details["co_occurrence"] = pairs.tolist()


def plot_combinations(table: LabelTable, most: int, findings: Findings) -> None:
    """Plot the commonest combinations of labels, at most so many."""
    combinations = count_combinations(table)
    shown = combinations.head(most)
    once = int((combinations["images"] == 1).sum())
    path = findings.folder / "combinations.png"
    names = [f"{text}  {labels}" for text, labels in zip(shown["names"], shown["labels"], strict=True)]
    title = f"images of each combination, {len(shown)} of {len(combinations)}"
    draw_named_bars(path, names, {"images": shown["images"].to_numpy()}, title=title, unit="images")
    csv = findings.write_table("combinations.csv", combinations)
    caption_text = f"{len(combinations)} combinations of labels occur, {once} of them on one image only"
    findings.plots.append(Plot("Combinations of labels", path.name, f"{caption_text}.", csv))
    findings.facts["combinations"] = caption_text
    findings.details["combinations"] = {"count": len(combinations), "of_one_image": once}


def plot_repetition(
    table: LabelTable, cells: NDArray[np.bool_] | None, settings: RepetitionSettings, findings: Findings
) -> None:
    """Plot the labels before and after rare classes are repeated: of images and, where known, of cells.

    ``cells`` is (cells, C) bool, the labels of each cell.
    """
    if settings.changes_nothing:
        findings.notes.append(
            "Not shown: labels before and after rare classes are repeated. "
            "--set explore.repeat.min_cells_per_class=, "
            "explore.repeat.max_oversampling= or explore.repeat.synthetic_negative_fraction= says how."
        )
        return
    which = "those with one label" if settings.images == "single" else "all"
    asked = {
        "max_oversampling": settings.max_oversampling,
        "min_cells_per_class": settings.min_cells_per_class,
    }
    asked["synthetic_negative_fraction"] = settings.synthetic_negative_fraction
    caption_text = ", ".join(f"{name} = {value:g}" for name, value in asked.items())
    for unit, shown in (("images", table.shown), ("cells", cells)):
        if shown is None:
            continue
        counts = count_repetitions(shown, settings, table.label_set)
        path = findings.folder / f"repetition_{unit}.png"
        parts = {part: counts[part].to_numpy() for part in ("before", "after")}
        title = f"{unit} ({which}) in an epoch, before and after repetition\n{caption_text}"
        draw_named_bars(path, number_names(table), parts, title=title, unit=unit, stacked=False)
        csv = findings.write_table(f"repetition_{unit}.csv", counts)
        caption = f"Repetition of {unit} by the rules of training ({caption_text})."
        findings.plots.append(Plot(f"Before and after repetition: {unit}", path.name, caption, csv))
        findings.details[f"repetition_{unit}"] = counts.to_dict("records")


def number_names(table: LabelTable) -> list[str]:
    """Return the names of the classes with their numbers before them."""
    return [f"{label} {name}" for label, name in enumerate(table.label_set.names)]


def _square(matrix: NDArray, names: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame(matrix, index=pd.Index(names, name="name"), columns=list(names))
