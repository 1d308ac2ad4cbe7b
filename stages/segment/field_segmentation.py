"""The segmentation of one field: its label images, and its rows of the cells table."""

import hashlib
import json
from pathlib import Path

from data.cells.cells_table import measure_cells
from data.cells.field_cells import FieldCells, read_key, write_field_cells
from data.cells.label_stamp import (
    LabelStamp,
    find_edit,
    hash_labels,
    is_readable,
    label_paths,
    look_at_files,
)
from data.fields.field import Field
from data.fields.picture_files import record_files
from data.fields.pixel_size import PixelSize, resolve_pixel_size
from data.fields.structure import has_structure
from data.masks.label_image import write_label_image
from data.own_masks.notes import Notes
from data.own_masks.own_masks import FieldMasks, OwnMasks
from models.segmenters.segmenter import SegmentedField, Segmenter
from stages.segment.edits import is_edited, keep_damaged, keep_edit, keep_strange, measure_edit
from stages.segment.paths import SegmentOutputs
from stages.segment.remarks import SegmentedRemarks
from stages.segment.settings import SegmentSettings

_NUCLEI = "blue"


class FieldSegmentation:
    """Segment one field and write what belongs to it; called from several threads or processes.

    Parameters
    ----------
    source
        A segmenter, or the user's own masks.
    outputs
        Where to write.
    settings
        Settings of the segment stage.
    """

    def __init__(
        self, source: Segmenter | OwnMasks, outputs: SegmentOutputs, settings: SegmentSettings
    ) -> None:
        self._source, self._outputs, self._settings = source, outputs, settings

    def prepare(self, workers: int) -> None:
        """Load what the segmenter needs for so many calls at a time."""
        self._source.prepare(workers)

    def is_done(self, field: Field) -> bool:
        """Check whether the field is segmented, and its rows are those of its label images."""
        record = self._find_record(field)
        if record is None or record[0] != self._key(field) or record[1] is None:
            return False
        return find_edit(self._outputs.masks_dir, field.image_id, record[1]) is None

    def needs_source(self, field: Field) -> bool:
        """Check whether a field that is not done is to be segmented; else its edited masks are measured."""
        record = self._find_record(field)
        return record is None or record[0] != self._key(field) or self._is_damaged(field)

    def list_files(self, field: Field) -> list[Path]:
        """Return the image files that segmenting the field will read."""
        return field.list_files(self._source.channels) if self.needs_source(field) else []

    def __call__(self, field: Field) -> tuple[SegmentedRemarks | None, Notes]:
        """Segment a field; return what is worth telling of it, and of masks that no segmenter made.

        There are no remarks where only its edited masks were measured.
        """
        outputs, image_id, notes = self._outputs, field.image_id, Notes()
        if not self.needs_source(field):
            measure_edit(outputs, image_id, notes)
            return None, notes
        key, size = self._key(field), resolve_pixel_size(field, self._settings.pixel_size_um)
        found, shows_nuclei = self._find_cells(field, size, notes)
        pictures = record_files(field, self._source.channels)
        record = self._find_record(field)
        if self._is_damaged(field):
            keep_damaged(outputs, image_id)
        elif record is not None and is_edited(outputs, image_id, record[1]):
            keep_edit(
                outputs, image_id, "the image or a setting has changed since, so it was segmented again"
            )
        keep_strange(outputs, image_id)
        # Before the first mask is replaced: what is left of a killed run must not pass for done.
        outputs.begun_path(image_id).touch()
        outputs.rows_path(image_id).unlink(missing_ok=True)
        paths = label_paths(outputs.masks_dir, image_id)
        for path, labels in zip(paths, (found.nuclei, found.cells), strict=True):
            write_label_image(path, labels)
        table = measure_cells(image_id, found.nuclei, found.cells)
        height, width = found.cells.shape
        content = hash_labels(found.nuclei, found.cells)
        stamp = LabelStamp(look_at_files(outputs.masks_dir, image_id), content, content)
        # Written last: it is what says that the field is done.
        rows = FieldCells(key, height, width, table, size.um, stamp, pictures)
        write_field_cells(outputs.rows_path(image_id), rows)
        outputs.begun_path(image_id).unlink()
        return SegmentedRemarks(image_id, size, lacks_cells=table.empty and shows_nuclei), notes

    def _find_cells(
        self, field: Field, size: PixelSize, notes: Notes
    ) -> tuple[SegmentedField | FieldMasks, bool]:
        """Find the cells of a field; also whether its nuclei show more than noise, False for own masks."""
        if isinstance(self._source, OwnMasks):
            return self._source.noting(notes).find(field), False
        channels = self._source.channels
        image = field.read(channels)
        found = self._source.segment(image, size.um)
        nuclei = image[channels.index(_NUCLEI)] if _NUCLEI in channels else None
        shows = nuclei is not None and not found.cells.any() and has_structure(nuclei)
        return found, shows

    def _find_record(self, field: Field) -> tuple[str, LabelStamp | None] | None:
        """Read key and stamp of a field that was segmented and whose label images are there."""
        if not look_at_files(self._outputs.masks_dir, field.image_id):
            return None
        return read_key(self._outputs.rows_path(field.image_id))

    def _is_damaged(self, field: Field) -> bool:
        """Check whether a label image of the field is there but no picture any more."""
        masks_dir, image_id = self._outputs.masks_dir, field.image_id
        return bool(look_at_files(masks_dir, image_id)) and not is_readable(masks_dir, image_id)

    def _key(self, field: Field) -> str:
        used = [entry for entry in field.fingerprint() if entry[0] in self._source.channels]
        content = [used, self._source.identity(), self._settings.pixel_size_um]
        if isinstance(self._source, OwnMasks):
            content.append(self._source.fingerprint(field))
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()
