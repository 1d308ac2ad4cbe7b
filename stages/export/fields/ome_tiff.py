"""Each field as an OME-TIFF, on which the outlines of its cells lie."""

import logging
import math
from collections import defaultdict
from pathlib import Path

from data.atomic import atomic_write
from data.cells.field_cells import read_pictures
from data.cells.record_paths import field_cells_path
from data.channels import CHANNELS
from data.errors import InputError
from data.export.fields.ome_tiff import write_ome_tiff
from data.fields.field import Field
from data.fields.images_table import read_images
from data.fields.picture_files import refuse_other
from data.fields.pixel_size import ASSUMED, resolve_pixel_size
from data.storage.images import read_ahead
from stages.export.paths import ExportInputs
from stages.export.room import refuse_images_dir
from stages.export.settings import ExportSettings
from stages.stage import Context, Failure, StageReport

log = logging.getLogger("hpacells")


def write_images(
    inputs: ExportInputs, folder: Path, settings: ExportSettings, context: Context
) -> StageReport:
    """Write ``<ID>.ome.tif`` for every field; a field that fails is counted and does not stop the others.

    Raises
    ------
    InputError
        As `run` says, or the folder is inside that of the images.
    """
    refuse_images_dir(folder, inputs.images_dir)
    if inputs.labels_path is not None:
        log.warning("export: an OME-TIFF holds no labels, so that --labels has no effect")
    writer, fields = _Writer(inputs, folder), inputs.fields
    failures: list[Failure] = []
    lacking: dict[tuple[str, ...], list[str]] = defaultdict(list)
    assumed: list[str] = []
    for field, done in context.map(
        writer, read_ahead(fields, Field.list_files), description="export", total=len(fields)
    ):
        if isinstance(done, Exception):
            failures.append(Failure(field.image_id, str(done)))
            # Nothing that an earlier run wrote may pass for today's.
            writer.path(field).unlink(missing_ok=True)
            continue
        if done:
            lacking[done].append(field.image_id)
        if writer.is_assumed(field):
            assumed.append(field.image_id)
    for channels, names in lacking.items():
        log.warning(
            "export: %d fields without %s, such as %s: their files have the other channels",
            len(names),
            " and ".join(channels),
            names[0],
        )
    if assumed:
        log.info(
            "export: the files of %d fields, such as %s, state no pixel size; written is that with which "
            "they were segmented (segment.pixel_size_um)",
            len(assumed),
            assumed[0],
        )
    return StageReport(
        counts={"fields": len(fields) - len(failures), "failed": len(failures)}, failures=failures
    )


class _Writer:
    """Write the image of one field; called from several threads."""

    def __init__(self, inputs: ExportInputs, folder: Path) -> None:
        if inputs.masks_dir is None:
            message = "no folder of masks"
            raise ValueError(message)
        self._masks_dir, self._folder = inputs.masks_dir, folder
        images = read_images(inputs.images_table_path).set_index("image_id")
        self._pixel_sizes = images["pixel_size_um"]
        self._sizes = images[["image_height", "image_width"]]

    def path(self, field: Field) -> Path:
        """Return the file of a field."""
        return self._folder / f"{field.image_id}.ome.tif"

    def is_assumed(self, field: Field) -> bool:
        """Check whether a pixel size was written that is not from the field's files."""
        if not math.isfinite(self._pixel_sizes.loc[field.image_id]):
            return False
        try:
            return resolve_pixel_size(field).source == ASSUMED
        except InputError:
            # Several sizes, of which the setting chose.
            return False

    def __call__(self, field: Field) -> tuple[str, ...]:
        """Write the file of a field; return the channels that it lacks."""
        segmented = read_pictures(field_cells_path(self._masks_dir, field.image_id))
        refuse_other(field, segmented)
        # One that was there when the field was segmented is not left out: it is missed.
        wanted = [name for name in CHANNELS if name in field.files or name in segmented]
        # Of a field without files this says why there are none.
        image = field.read(wanted or CHANNELS)
        height, width = self._sizes.loc[field.image_id]
        if image.shape[1:] != (height, width):
            raise InputError(
                found=f"an image of {image.shape[2]} x {image.shape[1]} px, but masks of {width} x {height}",
                where=f"field {field.image_id}",
                expected="the image that was segmented",
                advice="run `hpacells segment` again",
            )
        with atomic_write(self.path(field)) as temporary:
            pixel_size = float(self._pixel_sizes.loc[field.image_id])
            write_ome_tiff(temporary, image, wanted, field.image_id, pixel_size)
        return tuple(name for name in CHANNELS if name not in wanted)
