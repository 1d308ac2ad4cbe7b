"""Each field as an OME-Zarr image with the label images of its cells and nuclei."""

import json
import math
from pathlib import Path
from typing import Any

from data.export.ngff.arrays import open_store, write_image, write_labels
from data.export.ngff.metadata import VERSION, describe_channels, describe_labels, describe_multiscale
from data.export.ngff.pyramid import count_levels
from data.export.whole_store import keep_whole, remove_store, whole_store
from data.fields.field import Field
from data.storage.images import read_ahead
from stages.export.fields.predicted_fields import PredictedField
from stages.export.fields.successive_fields import open_fields
from stages.export.paths import ExportInputs
from stages.export.room import refuse_images_dir
from stages.export.settings import ExportSettings
from stages.export.stores.described_field import Describer
from stages.export.stores.field_pixels import FieldPixels, PixelReader, PixelRemarks
from stages.stage import Context, Failure, StageReport

LABELS = ("cells", "nuclei")
"""Names of the label images of a field."""


def write_fields(
    inputs: ExportInputs, folder: Path, settings: ExportSettings, context: Context
) -> StageReport:
    """Write ``<ID>.ome.zarr`` for every field; a field that fails is counted and does not stop the others.

    Raises
    ------
    InputError
        As `run` says, or it would be written among the images.
    """
    refuse_images_dir(folder, inputs.images_dir)
    fields = inputs.fields
    # Images and masks are of use, too, where no cell was predicted.
    found = open_fields(inputs, [field.image_id for field in fields], unpredicted=True)
    describer = Describer(inputs, found.image_ids, found.class_names, settings.label_set)
    writer = _Writer(inputs, folder, describer)
    failures: list[Failure] = []
    remarks, cells = PixelRemarks(), 0
    items = ((field, found.take(field.image_id)) for field in read_ahead(fields, Field.list_files))
    for (field, _), done in context.map(writer, items, description="export", total=len(fields)):
        if isinstance(done, Exception):
            failures.append(Failure(field.image_id, str(done)))
            # Nothing that an earlier run wrote may pass for today's.
            remove_store(writer.path(field))
            continue
        remarks.add(field.image_id, done["channels"], done["pixel_size_um"], done["pixel_size_is_assumed"])
        cells += done["cells"]
    remarks.tell()
    counts = {"fields": len(fields) - len(failures), "cells": cells, "failed": len(failures)}
    return StageReport(counts=dict(counts), failures=failures)


class _Writer:
    """Write the store of one field; called from several threads."""

    def __init__(self, inputs: ExportInputs, folder: Path, describer: Describer) -> None:
        self._pixels, self._folder, self._key = PixelReader(inputs), folder, inputs.key
        self._describer = describer
        self._facts = {"version": inputs.facts.get("version", "")}

    def path(self, field: Field) -> Path:
        """Return the store of a field."""
        return self._folder / f"{field.image_id}.ome.zarr"

    def __call__(self, item: tuple[Field, PredictedField]) -> dict[str, Any]:
        """Write the store of a field, unless a killed run has; return what its attributes say of it."""
        field, found = item
        path, key = self.path(field), f"{self._key} {field.image_id}"
        if self._key and keep_whole(path, key):
            return json.loads((path / "zarr.json").read_text())["attributes"]["hpacells"]
        pixels = self._pixels.read(field)
        cells = self._describer.describe(field.image_id, found, pixels.cells)
        known = self._facts | {
            "image_id": field.image_id,
            "channels": list(pixels.channels),
            "cells": len(cells.numbers),
            # JSON has no NaN.
            "pixel_size_um": pixels.pixel_size_um if math.isfinite(pixels.pixel_size_um) else None,
            "pixel_size_is_assumed": pixels.is_assumed,
        }
        described = describe_labels(cells.numbers, cells.colours, cells.properties)
        with whole_store(path, key) as store:
            write_store(store, field.image_id, pixels, described, known)
        return known


def write_store(
    path: Path, name: str, pixels: FieldPixels, described: dict[str, Any], known: dict[str, Any]
) -> None:
    """Write an image with its label images.

    Parameters
    ----------
    path
        A new folder.
    name
        Of the image.
    pixels
        Of the field.
    described
        What ``image-label`` says of cells and nuclei, which have the same numbers.
    known
        Attributes under ``hpacells``.
    """
    levels = count_levels(*pixels.cells.shape)
    multiscale = describe_multiscale(name, "cyx", levels, pixels.pixel_size_um)
    # What was done for the levels, in words that NGFF leaves free.
    multiscale |= {"type": "mean"}
    ome = {
        "version": VERSION,
        "multiscales": [multiscale],
        "omero": describe_channels(pixels.channels, pixels.image),
    }
    group = open_store(path, {"ome": ome, "hpacells": known})
    write_image(group, pixels.image)
    listed = group.create_group("labels", attributes={"ome": {"version": VERSION, "labels": list(LABELS)}})
    for label, values in zip(LABELS, (pixels.cells, pixels.nuclei), strict=True):
        multiscale = describe_multiscale(label, "yx", levels, pixels.pixel_size_um) | {"type": "nearest"}
        ome = {"version": VERSION, "multiscales": [multiscale], "image-label": described}
        write_labels(listed.create_group(label, attributes={"ome": ome}), values)
