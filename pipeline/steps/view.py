"""Showing a field of a work folder in napari."""

from data.errors import InputError
from pipeline.config.config import Config
from pipeline.runs.manifest import read_manifest
from pipeline.runs.requirements import require, require_cells
from pipeline.runs.work_folder import WorkFolder
from pipeline.steps.images import list_segmented


def view_field(work: WorkFolder, image_id: str, config: Config) -> None:
    """Show a segmented field, with what was predicted of its cells if anything was, until napari is closed.

    Raises
    ------
    InputError
        napari is not installed, the folder was not segmented or cut, or has no such field, or a file is not
        whole.
    """
    from stages.export.fields.successive_fields import open_fields
    from stages.export.paths import ExportInputs
    from stages.export.stores.described_field import DescribedField, Describer
    from stages.export.stores.field_pixels import PixelReader
    from stages.export.stores.napari_view import import_napari, show_field

    napari = import_napari(f"field {image_id}")
    segmented = require(work, "segment", work.masks)
    fields = {field.image_id: field for field in list_segmented(work, config)}
    if image_id not in fields:
        known = sorted(fields)
        raise InputError(
            found=f"no field {image_id}",
            where=segmented.details["images"],
            expected="the ID of a segmented field: "
            + ", ".join(known[:3])
            + (f" and {len(known) - 3} others" if len(known) > 3 else ""),
            advice="`hpacells images` lists them",
        )
    inputs = ExportInputs(work.cells, work.images, work.predictions, masks_dir=work.masks)
    pixels = PixelReader(inputs).read(fields[image_id])
    cells = DescribedField([], [], [])
    if read_manifest(work.manifest("predict")) is not None:
        require(work, "predict", work.predictions)
        require_cells(work)
        found = open_fields(inputs, list(fields), unpredicted=True)
        describer = Describer(inputs, found.image_ids, found.class_names, None)
        cells = describer.describe(image_id, found.take(image_id), pixels.cells)
    show_field(napari, image_id, pixels, cells.numbers, cells.colours, cells.properties)
