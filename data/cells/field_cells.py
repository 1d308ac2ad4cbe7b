"""The cells of one finished field, kept so that an interrupted segmentation goes on with the others."""

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


def field_cells_path(masks_dir: Path, image_id: str) -> Path:
    """Return the file of a field's cells, beside the masks of all fields."""
    return masks_dir / ".fields" / f"{image_id}.parquet"


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
    table = pa.Table.from_pandas(field_cells.table, preserve_index=False)
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), _METADATA: json.dumps(metadata)})
    with atomic_write(path) as temporary:
        pq.write_table(table, temporary, compression="zstd")


def read_field_cells(path: Path) -> FieldCells | None:
    """Read one field's cells, or None where they are missing or cannot be read."""
    try:
        table = pq.read_table(path)
        metadata = json.loads((table.schema.metadata or {})[_METADATA])
        cells = table.to_pandas().astype(COLUMN_TYPES)
    except (OSError, KeyError, ValueError):
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


def read_key(path: Path) -> tuple[str, LabelStamp | None] | None:
    """Read only the key and the stamp of one field's cells, or None where there are none."""
    metadata = _read_metadata(path)
    return (metadata["key"], _stamp(metadata)) if "key" in metadata else None


def read_pictures(path: Path) -> dict[str, PictureFile]:
    """Read only which files a field was segmented from, by channel; empty where none are named."""
    return _pictures(_read_metadata(path))


def read_versions(path: Path) -> dict[str, str]:
    """Read only the versions of the libraries that a field was segmented with; empty where none are named."""
    return _read_metadata(path).get("versions", {})


def _read_metadata(path: Path) -> dict[str, Any]:
    try:
        metadata = pq.read_schema(path).metadata or {}
        return json.loads(metadata[_METADATA])
    except (OSError, KeyError, ValueError):
        return {}


def _pictures(metadata: dict[str, Any]) -> dict[str, PictureFile]:
    return {channel: PictureFile(**picture) for channel, picture in metadata.get("pictures", {}).items()}


def _stamp(metadata: dict[str, Any]) -> LabelStamp | None:
    stamp = metadata.get("label_images")
    return LabelStamp(**stamp) if stamp else None
