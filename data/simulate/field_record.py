"""What a simulated set keeps of each field beside its pictures; it says that these are all written."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel

from data.atomic import atomic_write


class FieldRecord(BaseModel):
    """What is known of a field whose pictures are written.

    Attributes
    ----------
    key
        Hash of all that the field depends on.
    image_id, height, width
        Name, and size in pixels.
    given_labels, image_labels
        Classes of the image, as labelled and as they are.
    prediction_string
        Its cells and their classes, as in a submission.
    cells
        Number of its cells.
    antibody, cell_line
        Number of its antibody, and name of its cell line.
    truth, pixels
        Hashes of what is known of it, and of its channels.
    file_bytes
        Path of each of its pictures in the set's folder -> size in bytes.
    file_hashes
        Path of each of its pictures -> SHA-256 of the file; empty in records of older versions.
    """

    key: str
    image_id: str
    height: int
    width: int
    given_labels: tuple[int, ...]
    image_labels: tuple[int, ...]
    prediction_string: str
    cells: int
    antibody: int
    cell_line: str
    truth: str
    pixels: str
    file_bytes: dict[str, int]
    file_hashes: dict[str, str] = {}


def write_record(folder: Path, record: FieldRecord) -> None:
    """Write the record of a field of the set in ``folder``; to be done after its pictures."""
    with atomic_write(record_path(folder, record.image_id)) as temporary:
        temporary.write_text(record.model_dump_json() + "\n")


def read_record(folder: Path, image_id: str, key: str) -> FieldRecord | None:
    """Read the record of a field of the set in ``folder``.

    Gives None where the field is not finished, depends on something else than ``key`` says, or one of its
    pictures is lost or damaged.
    """
    try:
        record = FieldRecord.model_validate_json(record_path(folder, image_id).read_text())
        is_whole = record.key == key and has_pictures(folder, record)
        return (
            record
            if is_whole and record.file_hashes in ({}, hash_pictures(folder, record.file_hashes))
            else None
        )
    except (OSError, ValueError):
        return None


def has_pictures(folder: Path, record: FieldRecord) -> bool:
    """Check whether the pictures of a field are there and have the sizes that were written.

    Raises
    ------
    OSError
        One is not there.
    """
    return record.file_bytes == {name: (folder / name).stat().st_size for name in record.file_bytes}


def are_whole(folder: Path) -> bool:
    """Check whether all records in a set's folder can be read, and their pictures have the right sizes."""
    try:
        return all(
            has_pictures(folder, FieldRecord.model_validate_json(path.read_text()))
            for path in (folder / "records").glob("*.json")
        )
    except (OSError, ValueError):
        return False


def hash_pictures(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """Hash files of a set: name -> SHA-256."""
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}


def record_path(folder: Path, image_id: str) -> Path:
    """Return the path of the record of a field of the set in ``folder``."""
    return folder / "records" / f"{image_id}.json"
