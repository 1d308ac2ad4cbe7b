"""What is known of one cell: its images, its field, and what was predicted for it."""

from collections.abc import Mapping
from typing import Any

from data.cells.cells_table import cells_file_errors, read_cells
from data.cells.field_cells import read_versions
from data.errors import InputError
from data.fields.image_folder import find_fields
from data.fields.image_settings import ImageSettings
from data.predictions.predictions_table import probability_columns
from data.predictions.stored_predictions import StoredPredictions
from data.provenance.record import CellRecord
from data.storage.images import locate_images
from data.tables.parquet_rows import read_batches
from pipeline.runs.manifest import Manifest
from pipeline.runs.pixel_sizes import read_pixel_sizes
from pipeline.runs.work_folder import WorkFolder


def describe_cell(work: WorkFolder, cell: str, segmented: Manifest | None) -> CellRecord:
    """Read what is known of a cell, ``IMAGE_ID/CELL``; what cannot be read is a remark.

    Raises
    ------
    InputError
        There is no cells table, or it has no such cell.
    """
    image_id, _, number = cell.rpartition("/")
    if not image_id or not number.isdecimal():
        raise InputError(
            found=f"the cell {cell!r}",
            where="--cell",
            expected="the ID of a field and the number of a cell, such as A1/3",
            advice="the cells table and the pages of the report have both",
        )
    of_field = read_cells(work.cells, ["image_id", "cell_id", "dropped"], image_id=image_id)
    row = of_field[of_field["cell_id"] == int(number)]
    if row.empty:
        raise InputError(
            found=f"no cell {number} of {image_id}" if len(of_field) else f"no field {image_id}",
            where=work.cells,
            expected=_expected(sorted(of_field["cell_id"]) or _list_fields(work)),
            advice="give one of these with --cell",
        )
    remarks: list[str] = []
    dropped = str(row["dropped"].iloc[0])
    return CellRecord(
        image_id=image_id,
        cell_id=int(number),
        files=_find_files(image_id, segmented, remarks),
        pixel_size_um=_find_pixel_size(work, image_id, segmented, remarks),
        versions=read_versions(work.masks / ".fields" / f"{image_id}.parquet"),
        dropped=dropped,
        remarks=tuple(remarks),
        **_find_prediction(work, image_id, int(number)),
    )


def _expected(names: list[Any]) -> str:
    shown = ", ".join(map(str, names[:10]))
    return f"one of {shown}{' ...' if len(names) > 10 else ''}" if names else "cells"


def _list_fields(work: WorkFolder) -> list[str]:
    with cells_file_errors(work.cells):
        batches = read_batches(work.cells, columns=["image_id"])
        return sorted(set().union(*(batch.column(0).unique().to_pylist() for batch in batches)))


def _find_files(image_id: str, segmented: Manifest | None, remarks: list[str]) -> Mapping[str, str]:
    recorded = None if segmented is None else segmented.details.get("images")
    if segmented is None or not isinstance(recorded, str):
        return {}
    try:
        folder = locate_images(recorded)
        settings = ImageSettings.model_validate(segmented.details.get("image_settings", {}))
        fields = find_fields(folder, settings)
    except (InputError, ValueError) as error:
        remarks.append(f"the images cannot be looked at: {error}")
        return {}
    files = next((field.files for field in fields if field.image_id == image_id), {})
    if not files:
        remarks.append(f"the images of {image_id} are not in {folder} any more")
    return {channel: str(path) for channel, path in files.items()}


def _find_pixel_size(
    work: WorkFolder, image_id: str, segmented: Manifest | None, remarks: list[str]
) -> float | None:
    try:
        return read_pixel_sizes(work, segmented).get(image_id)
    except InputError as error:
        remarks.append(f"the pixel size is not known: {error}")
        return None


def _find_prediction(work: WorkFolder, image_id: str, cell_id: int) -> dict[str, Any]:
    """Return the parts of the record about the prediction; none where the cell has none."""
    if not work.predictions.exists():
        return {}
    predictions = StoredPredictions(work.predictions)
    table = predictions.read_image(image_id)
    row = table[table["cell_id"] == cell_id]
    if row.empty:
        return {}
    names = predictions.class_names
    values = row[probability_columns(list(table.columns))].iloc[0]
    labels = str(row["labels"].iloc[0]) if "labels" in table.columns else ""
    return {
        "probabilities": {name: float(value) for name, value in zip(names, values, strict=True)},
        "called": tuple(names[int(label)] for label in labels.split("|") if label),
    }
