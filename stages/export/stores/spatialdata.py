"""All fields as SpatialData: an image and two label images of each, and one table of all cells."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np

from data.channels import STAINS
from data.export.ngff.arrays import open_store, write_image, write_labels
from data.export.ngff.pyramid import count_levels
from data.export.ngff.spatialdata import describe_container, describe_element, name_levels
from data.export.safe_names import name_safely
from data.export.whole_store import keep_whole, resumed_store, whole_store
from data.fields.field import Field
from data.storage.images import read_ahead
from stages.export.annotations import Annotator
from stages.export.fields.predicted_fields import PredictedField
from stages.export.fields.successive_fields import open_fields
from stages.export.paths import ExportInputs
from stages.export.room import refuse_images_dir
from stages.export.settings import ExportSettings
from stages.export.stores.described_field import refuse_other_cells
from stages.export.stores.field_pixels import PixelReader, PixelRemarks
from stages.export.stores.spatial_table import TABLE, write_table_of
from stages.stage import Context, Failure, StageReport


def write_spatialdata(
    inputs: ExportInputs, path: Path, settings: ExportSettings, context: Context
) -> StageReport:
    """Write one store of all fields; a field that fails is counted and left out, its cells, too.

    Raises
    ------
    InputError
        As `run` says, or it would be written among the images.
    """
    refuse_images_dir(path, inputs.images_dir)
    fields = inputs.fields
    # Images and masks are of use, too, where no cell was predicted.
    # Categories of the table come in the order of the predictions.
    cells = open_fields(inputs, [field.image_id for field in fields], unpredicted=True, sort=False)
    annotator = Annotator(inputs, cells.image_ids, cells.class_names, settings.label_set)
    names = name_safely([field.image_id for field in fields])
    failures: list[Failure] = []
    remarks, counted = PixelRemarks(), dict[str, int]()
    with resumed_store(path, inputs.key) as store:
        writer = _Writer(inputs, store, names)
        items = ((field, cells.take(field.image_id)) for field in read_ahead(fields, Field.list_files))
        for (field, _), done in context.map(writer, items, description="export", total=len(fields)):
            if isinstance(done, Exception):
                failures.append(Failure(field.image_id, str(done)))
                writer.remove(field)
                continue
            known, count = done
            remarks.add(field.image_id, *known)
            counted[field.image_id] = count
        _complete(store, [names[field.image_id] for field in fields], inputs)
        cells.rewind()
        count = write_table_of(store / "tables", cells, counted, names, annotator, inputs)
    remarks.tell()
    counts = {"fields": len(fields) - len(failures), "cells": count, "failed": len(failures)}
    renamed = {name: safe for name, safe in names.items() if name != safe}
    return StageReport(counts=dict(counts), failures=failures, details={"renamed": renamed, "table": TABLE})


class _Writer:
    """Write the elements of one field; called from several threads."""

    def __init__(self, inputs: ExportInputs, store: Path, names: dict[str, str]) -> None:
        self._pixels, self._store, self._names = PixelReader(inputs), store, names
        self._key = inputs.key

    def __call__(
        self, item: tuple[Field, PredictedField]
    ) -> tuple[tuple[tuple[str, ...], float | None, bool], int]:
        """Write the elements, unless a killed run has; return what it lacks, and count its cells."""
        field, found = item
        pixels = self._pixels.read(field)
        numbers = found.table["cell_id"].to_numpy()
        refuse_other_cells(field.image_id, numbers, pixels.cells)
        size, name = pixels.pixel_size_um, self._names[field.image_id]
        levels = count_levels(*pixels.cells.shape)
        arrays = name_levels(levels)
        known = pixels.channels, size if np.isfinite(size) else None, pixels.is_assumed
        for folder, image in self._elements(name).items():
            key = f"{self._key} {folder.name}"
            if self._key and keep_whole(folder, key):
                continue
            with whole_store(folder, key) as element:
                if image == "image":
                    channels = [STAINS[channel] for channel in pixels.channels]
                    described = describe_element(folder.name, "cyx", levels, size, channels)
                    write_image(open_store(element, described), pixels.image, arrays)
                else:
                    labels = pixels.cells if image == "cells" else pixels.nuclei
                    described = describe_element(folder.name, "yx", levels, size)
                    write_labels(open_store(element, described), labels, arrays)
        return known, len(numbers)

    def remove(self, field: Field) -> None:
        """Remove what there is of a field."""
        for folder in self._elements(self._names[field.image_id]):
            shutil.rmtree(folder, ignore_errors=True)

    def _elements(self, name: str) -> dict[Path, str]:
        return {
            self._store / "images" / f"{name}_image": "image",
            self._store / "labels" / f"{name}_cells": "cells",
            self._store / "labels" / f"{name}_nuclei": "nuclei",
        }


def _complete(store: Path, names: list[str], inputs: ExportInputs) -> None:
    """Write the groups that hold the elements, and remove what was not finished."""
    for kind in ("images", "labels"):
        folder = store / kind
        folder.mkdir(exist_ok=True)
        for unfinished in folder.glob(".*"):
            shutil.rmtree(unfinished)
    there = [f"{name}_{kind}" for name in names for kind in ("cells", "nuclei")]
    listed: dict[str, Any] = {"labels": [name for name in there if (store / "labels" / name).is_dir()]}
    _describe_group(store / "images", {})
    _describe_group(store / "labels", {"ome": listed})
    _describe_group(store, describe_container(f"hpacells {inputs.facts.get('version', '')}".strip()))


def _describe_group(folder: Path, attributes: dict[str, Any]) -> None:
    import zarr

    zarr.open_group(folder, mode="a", zarr_format=3).attrs.put(attributes)
