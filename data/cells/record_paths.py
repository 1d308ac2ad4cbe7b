"""Where the records of finished fields lie: beside their masks."""

from pathlib import Path


def records_path(masks_dir: Path) -> Path:
    """Return the folder of the records of all fields."""
    return masks_dir / ".fields"


def field_cells_path(masks_dir: Path, image_id: str) -> Path:
    """Return the file of a field's cells and of what they were made from."""
    return records_path(masks_dir) / f"{image_id}.parquet"
