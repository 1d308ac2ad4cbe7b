"""What a field's label images looked like when its cells were measured: by it a later edit is noticed."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from data.atomic import atomic_write
from data.errors import InputError
from data.masks.label_image import read_label_image

_COLUMNS = ("image_id", "files", "measured", "segmented", "edited")


@dataclass(frozen=True)
class LabelStamp:
    """Stamp of the label images of one field.

    Attributes
    ----------
    files
        Bytes and modification time (ns) of both files, as one text; equal texts mean equal files.
    measured
        Hash of the pixels whose cells are in the table.
    segmented
        Hash of the pixels that the segmenter gave.
    edited
        Hash of the pixels that the user saved, where they are the ones that were measured; else empty.
    """

    files: str
    measured: str
    segmented: str
    edited: str = ""


def label_paths(masks_dir: Path, image_id: str) -> tuple[Path, Path]:
    """Return the files of a field's nuclei and of its cells."""
    return masks_dir / f"{image_id}_nuclei.png", masks_dir / f"{image_id}_cells.png"


def hash_labels(nuclei: NDArray[np.uint16], cells: NDArray[np.uint16]) -> str:
    """Hash the pixels of two label images (H, W)."""
    content = hashlib.sha256(str((nuclei.shape, cells.shape)).encode())
    for labels in (nuclei, cells):
        content.update(np.ascontiguousarray(labels).data)
    return content.hexdigest()


def look_at_files(masks_dir: Path, image_id: str) -> str:
    """Return what `LabelStamp.files` says of the files as they are; empty where one is missing."""
    try:
        stats = [path.stat() for path in label_paths(masks_dir, image_id)]
    except FileNotFoundError:
        return ""
    return " ".join(f"{stat.st_size} {stat.st_mtime_ns}" for stat in stats)


def is_readable(masks_dir: Path, image_id: str) -> bool:
    """Check whether both files are whole pictures, of whatever kind."""
    for path in label_paths(masks_dir, image_id):
        content = np.frombuffer(path.read_bytes(), np.uint8)
        if not content.size or cv2.imdecode(content, cv2.IMREAD_UNCHANGED) is None:
            return False
    return True


def find_edit(masks_dir: Path, image_id: str, stamp: LabelStamp) -> str | None:
    """Return the hash of label images that are not the measured ones; None where they are, or are missing."""
    files = look_at_files(masks_dir, image_id)
    if files in ("", stamp.files):
        return None
    found = _hash_files(masks_dir, image_id, files)
    return None if found == stamp.measured else found


@cache
def _hash_files(masks_dir: Path, image_id: str, files: str) -> str:
    """Hash the label images of a field; a command asks several times, and ``files`` is new where they are."""
    try:
        return hash_labels(*(read_label_image(path) for path in label_paths(masks_dir, image_id)))
    except InputError:
        return f"unreadable: {files}"


def write_stamps(path: Path, stamps: Mapping[str, LabelStamp]) -> None:
    """Write the stamps of all fields, by their IDs, as Parquet."""
    # Takes a third of a second, for which commands that find nothing to do need not wait.
    import pandas as pd

    rows = [(image_id, s.files, s.measured, s.segmented, s.edited) for image_id, s in stamps.items()]
    with atomic_write(path) as temporary:
        pd.DataFrame(rows, columns=list(_COLUMNS), dtype="str").to_parquet(temporary, index=False)


def read_stamps(path: Path) -> dict[str, LabelStamp]:
    """Read the stamps of all fields; none where there is no such file, as in folders of older versions."""
    import pandas as pd
    import pyarrow as pa

    try:
        table = pd.read_parquet(path, columns=list(_COLUMNS))
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException):
        return {}
    rows: Any = table.itertuples(index=False, name=None)
    return {image_id: LabelStamp(*stamp) for image_id, *stamp in rows}
