"""Masks in a work folder that somebody has edited since they were written."""

from dataclasses import dataclass
from pathlib import Path

from data.atomic import is_temporary
from data.cells.field_cells import read_field_cells, read_stamp
from data.cells.label_stamp import find_edit, is_readable, look_at_files, read_stamps
from data.cells.record_paths import records_path


@dataclass(frozen=True)
class MaskEdits:
    """The edited masks of a work folder.

    Attributes
    ----------
    all
        ID of the field -> hash of what the user saved; for all that are not as the segmenter gave them.
    unmeasured
        IDs of fields whose cells in the table are not those of the files.
    missing
        IDs of fields of which a file is not there any more.
    damaged
        IDs of fields of which a file is no picture any more.
    """

    all: dict[str, str]
    unmeasured: list[str]
    missing: list[str]
    damaged: list[str]


def stamps_path(masks_dir: Path) -> Path:
    """Return the file of the stamps of all fields in a folder of masks."""
    return masks_dir / ".label_images.parquet"


def find_mask_edits(masks_dir: Path) -> MaskEdits:
    """Find the edited masks in the folder of masks of a work folder; only changed files are read."""
    edits: dict[str, str] = {}
    unmeasured, missing, damaged = [], [], []
    records = list_records(masks_dir)
    for image_id, stamp in read_stamps(stamps_path(masks_dir)).items():
        if not look_at_files(masks_dir, image_id):
            missing.append(image_id)
            continue
        found = find_edit(masks_dir, image_id, stamp)
        if found is not None and image_id not in records:
            # Replaced by a segmentation that was interrupted, which takes the record away first.
            continue
        newer = read_stamp(records[image_id]) if found is not None else None
        if newer is not None and newer.measured == found:
            # Finished by one that was interrupted before it wrote the stamps of all fields.
            stamp, found = newer, None
        if found is not None and not is_readable(masks_dir, image_id):
            damaged.append(image_id)
            continue
        if found is not None:
            unmeasured.append(image_id)
        edited = stamp.edited if found is None else found
        if edited and edited != stamp.segmented:
            edits[image_id] = edited
    return MaskEdits(edits, unmeasured, missing, damaged)


def list_records(masks_dir: Path) -> dict[str, Path]:
    """List the files of the rows of the finished fields in a folder of masks, by their IDs in order."""
    paths = sorted(records_path(masks_dir).glob("*.parquet"))
    return {path.stem: path for path in paths if not is_temporary(path)}


def find_unrecorded(masks_dir: Path) -> list[str]:
    """List the fields in a folder of masks that were finished once and whose rows are missing."""
    return sorted(read_stamps(stamps_path(masks_dir)).keys() - list_records(masks_dir).keys())


def find_lost_records(masks_dir: Path) -> list[str]:
    """List the fields in a folder of masks whose rows are missing or damaged."""
    records = list_records(masks_dir)
    lost = [image_id for image_id, path in records.items() if read_field_cells(path) is None]
    return lost + find_unrecorded(masks_dir)
