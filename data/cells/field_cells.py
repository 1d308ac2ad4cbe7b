"""The cells of one finished field, kept so that an interrupted segmentation goes on with the others."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from data.atomic import atomic_write
from data.cells.cells_table import COLUMN_TYPES
from data.cells.label_stamp import LabelStamp
from data.fields.picture_files import PictureFile
from data.software.versions import library_versions

_METADATA = b"hpacells"

_CONTENT = "content"
"""Hash of the rows and of all other metadata, by which damage to the file is noticed."""

_UNREADABLE = (OSError, KeyError, ValueError, TypeError, MemoryError, pa.ArrowException)
"""What damaged Parquet files end in, depending on where the damage is."""


@dataclass(frozen=True)
class FieldCells:
    """A field's rows of the cells table and what they were made from.

    Attributes
    ----------
    key
        Hash of the field's files and of the settings; another key means that the field is to be done again.
    image_height, image_width
        Size of the field, px.
    table
        Rows as ``data.cells.cells_table.measure_cells`` gives them.
    pixel_size_um
        Edge of a pixel in um with which it was segmented; NaN where that is not known.
    stamp
        The label images that were measured; None in what older versions wrote.
    pictures
        Channel -> the file that was segmented; none in what older versions wrote.
    """

    key: str
    image_height: int
    image_width: int
    table: pd.DataFrame
    pixel_size_um: float = float("nan")
    stamp: LabelStamp | None = None
    pictures: dict[str, PictureFile] = field(default_factory=dict)


def write_field_cells(path: Path, field_cells: FieldCells) -> None:
    """Write one field's cells as Parquet, with key, size and versions of libraries in the file's metadata."""
    metadata = {
        "key": field_cells.key,
        "image_height": field_cells.image_height,
        "image_width": field_cells.image_width,
        "pixel_size_um": field_cells.pixel_size_um,
        "versions": library_versions(),
        "pictures": {channel: asdict(picture) for channel, picture in field_cells.pictures.items()},
        "label_images": asdict(field_cells.stamp) if field_cells.stamp else None,
    }
    metadata[_CONTENT] = _hash_content(metadata, field_cells.table.astype(COLUMN_TYPES))
    table = pa.Table.from_pandas(field_cells.table, preserve_index=False)
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), _METADATA: json.dumps(metadata)})
    with atomic_write(path) as temporary:
        pq.write_table(table, temporary, compression="zstd")


def read_field_cells(path: Path) -> FieldCells | None:
    """Read one field's cells, or None where they are missing or damaged."""
    try:
        table = pq.read_table(path)
        metadata = json.loads((table.schema.metadata or {})[_METADATA])
        cells = table.to_pandas().astype(COLUMN_TYPES)
        # Files of older versions have no hash.
        if metadata.pop(_CONTENT, None) not in (None, _hash_content(metadata, cells)):
            return None
        return FieldCells(
            metadata["key"],
            metadata["image_height"],
            metadata["image_width"],
            cells,
            metadata.get("pixel_size_um", float("nan")),
            _stamp(metadata),
            _pictures(metadata),
        )
    except _UNREADABLE:
        return None


def read_key(path: Path) -> tuple[str, LabelStamp | None] | None:
    """Read the key and the stamp of one field's cells, or None where they are missing or damaged."""
    field_cells = read_field_cells(path)
    return None if field_cells is None else (field_cells.key, field_cells.stamp)


def read_stamp(path: Path) -> LabelStamp | None:
    """Read only the stamp of the label images that a field's cells were measured on; None without one."""
    return _stamp(_read_metadata(path))


def read_pictures(path: Path) -> dict[str, PictureFile]:
    """Read only which files a field was segmented from, by channel; empty where none are named."""
    return _pictures(_read_metadata(path))


def read_versions(path: Path) -> dict[str, str]:
    """Read only the versions of the libraries that a field was segmented with; empty where none are named."""
    return _read_metadata(path).get("versions", {})


def _read_metadata(path: Path) -> dict[str, Any]:
    try:
        metadata = json.loads((pq.read_schema(path).metadata or {})[_METADATA])
        return metadata if isinstance(metadata, dict) else {}
    except _UNREADABLE:
        return {}


def _hash_content(metadata: dict[str, Any], table: pd.DataFrame) -> str:
    digest = hashlib.sha256(json.dumps(metadata, sort_keys=True).encode())
    for name in table.columns:
        column = table[name]
        is_number = pd.api.types.is_numeric_dtype(column.dtype)
        content = column.to_numpy().tobytes() if is_number else "\0".join(column).encode()
        digest.update(f"{name} {len(content)} ".encode() + content)
    return digest.hexdigest()


def _pictures(metadata: dict[str, Any]) -> dict[str, PictureFile]:
    return {channel: PictureFile(**picture) for channel, picture in metadata.get("pictures", {}).items()}


def _stamp(metadata: dict[str, Any]) -> LabelStamp | None:
    stamp = metadata.get("label_images")
    return LabelStamp(**stamp) if stamp else None
