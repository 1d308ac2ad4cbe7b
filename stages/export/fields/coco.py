"""The masks of all cells in COCO's format: annotations, and the predictions as results."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from data.atomic import atomic_write
from data.cells.stored_cells import StoredCells
from data.errors import InputError
from data.export.fields.coco import CocoList, describe_mask, open_annotations, open_results
from data.fields.field import Field
from data.fields.images_table import read_images
from data.labels.coverage import check_coverage
from data.labels.label_file import read_labels
from data.labels.label_set import LabelSet, read_label_set
from stages.export.fields.predicted_fields import PredictedField
from stages.export.fields.successive_fields import open_fields
from stages.export.paths import ExportInputs
from stages.export.settings import ExportSettings
from stages.stage import Context, Failure, StageReport

log = logging.getLogger("hpacells")


def write_coco(inputs: ExportInputs, folder: Path, settings: ExportSettings, context: Context) -> StageReport:
    """Write ``annotations.json`` and ``results.json``.

    A cell is annotated with each of its called classes, or, where there is a label file, with each label of
    its image; images without labels are then left out of both files. The results have a cell once for each
    class that is probable enough.

    Raises
    ------
    InputError
        As `run` says, or a label is none of the predicted classes.
    """
    order = [field.image_id for field in inputs.fields]
    cells = open_fields(inputs, order, unpredicted=settings.unpredicted)
    labels = _read_labels(inputs, cells.class_names, settings.label_set)
    images, failures, unlabelled = _list_images(inputs, labels)
    writer = _Writer(inputs, settings.min_score)
    unclassed = 0
    with (
        atomic_write(folder / "annotations.json") as annotated,
        atomic_write(folder / "results.json") as predicted,
        open_annotations(annotated, _describe(inputs), iter(images), cells.class_names) as annotations,
        open_results(predicted) as results,
        context.track("export", len(images)) as advance,
    ):
        for image in images:
            found = cells.take(image["name"])
            given = None if labels is None else labels[image["name"]]
            unclassed += writer.write(found, image, given, annotations, results)
            advance(1)
    if unlabelled:
        log.warning(
            "export: %d fields without labels, such as %s, are left out", len(unlabelled), unlabelled[0]
        )
    if unclassed:
        log.info("export: %d cells have no class, and no annotation; those predicted are results", unclassed)
    counts: dict[str, int | float] = {
        "fields": len(images),
        "failed": len(failures),
        "annotations": annotations.count,
        "results": results.count,
        "left out": cells.left_out,
    }
    return StageReport(
        counts=counts, failures=failures, details={"annotated by": "calls" if labels is None else "labels"}
    )


class _Writer:
    """Write the cells of a field.

    Parameters
    ----------
    inputs
        The tables.
    min_score
        Classes less probable than this are no results, but for the likeliest of a cell.
    """

    def __init__(self, inputs: ExportInputs, min_score: float) -> None:
        self._stored = StoredCells(inputs.cells_path)
        self._min_score = min_score

    def write(
        self,
        found: PredictedField,
        image: Mapping[str, Any],
        labels: Sequence[int] | None,
        annotations: CocoList,
        results: CocoList,
    ) -> int:
        """Write the cells of a field; return how many have no class, and so no annotation."""
        if found.table.empty:
            return 0
        masks = self._stored.read_masks(found.stored)
        unclassed = 0
        for row, string in enumerate(masks):
            mask = describe_mask(string, image["height"], image["width"])
            number = int(found.table["cell_id"].iloc[row])
            box = found.table[["x0", "y0", "x1", "y1"]].iloc[row].tolist()
            classes = found.called[row] if labels is None else labels
            unclassed += not classes
            for category in classes or ():
                annotations.add(
                    {
                        "id": annotations.count + 1,
                        "image_id": image["id"],
                        "category_id": category + 1,
                        "segmentation": mask,
                        "area": int(found.table["area_px"].iloc[row]),
                        "bbox": [box[0], box[1], box[2] - box[0], box[3] - box[1]],
                        "iscrowd": 0,
                        "cell_id": number,
                    }
                )
            for category, score in self._find_scores(found, row):
                results.add(
                    {
                        "image_id": image["id"],
                        "category_id": category + 1,
                        "segmentation": mask,
                        "score": score,
                        "cell_id": number,
                    }
                )
        return unclassed

    def _find_scores(self, found: PredictedField, row: int) -> Iterator[tuple[int, float]]:
        if found.called[row] is None:
            return
        probabilities = found.probabilities[row]
        likeliest = int(probabilities.argmax())
        for category in np.flatnonzero(probabilities >= self._min_score):
            yield int(category), _shorten(probabilities[category])
        if probabilities[likeliest] < self._min_score:
            yield likeliest, _shorten(probabilities[likeliest])


def _list_images(
    inputs: ExportInputs, labels: Mapping[str, Sequence[int]] | None
) -> tuple[list[dict[str, Any]], list[Failure], list[str]]:
    """Return the entries of the images, the fields that have no picture, and those without labels."""
    table = read_images(inputs.images_table_path)
    sizes = zip(table["image_height"].tolist(), table["image_width"].tolist(), strict=True)
    sizes_by_id = dict(zip(table["image_id"], sizes, strict=True))
    images: list[dict[str, Any]] = []
    failures: list[Failure] = []
    unlabelled: list[str] = []
    for field in inputs.fields:
        if labels is not None and field.image_id not in labels:
            unlabelled.append(field.image_id)
            continue
        try:
            name = _name_file(field, inputs.images_dir)
        except InputError as error:
            failures.append(Failure(field.image_id, str(error)))
            continue
        height, width = sizes_by_id[field.image_id]
        images.append(
            {
                "id": len(images) + 1,
                "file_name": name,
                "width": width,
                "height": height,
                "name": field.image_id,
            }
        )
    return images, failures, unlabelled


def _name_file(field: Field, images_dir: Path | None) -> str:
    """Return the file of the protein, below the folder of the images."""
    if field.fault is not None:
        raise field.fault
    path = field.files["green"] if "green" in field.files else next(iter(field.files.values()))
    if images_dir is not None and path.is_relative_to(images_dir):
        return path.relative_to(images_dir).as_posix()
    return str(path)


def _read_labels(
    inputs: ExportInputs, names: tuple[str, ...], label_set: str | None
) -> dict[str, tuple[int, ...]] | None:
    """Read the label file, with the numbers of the predicted classes; None where there is none."""
    if inputs.labels_path is None:
        return None
    predicted = LabelSet(names=names, title=f"of {inputs.predictions_path}")
    classes = predicted if label_set is None else read_label_set(label_set)
    given = read_labels(inputs.labels_path, classes)
    check_coverage(given, (field.image_id for field in inputs.fields), where=inputs.labels_path)
    numbers = {number: predicted.find(name) for number, name in enumerate(classes.names)}
    unknown = {
        classes.names[label] for labels in given.values() for label in labels if numbers[label] is None
    }
    if unknown:
        raise InputError(
            found=f"labels {', '.join(sorted(unknown))}, which are none of the predicted classes",
            where=inputs.labels_path,
            expected=f"labels among {', '.join(names)}",
            advice="give labels of these classes, or predict with a classifier of those",
        )
    return {
        image: tuple(number for label in labels if (number := numbers[label]) is not None)
        for image, labels in given.items()
    }


def _describe(inputs: ExportInputs) -> dict[str, Any]:
    described = {"description": "cells and the locations of a protein in them, by hpacells"}
    for name, fact in (("version", "version"), ("date_created", "predicted")):
        if fact in inputs.facts:
            described[name] = str(inputs.facts[fact])
    return described


def _shorten(value: np.float32) -> float:
    """Return a number with the digits that a float32 has."""
    return float(f"{float(value):.7g}")
