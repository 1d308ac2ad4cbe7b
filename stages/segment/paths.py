"""What the segment stage reads and writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from data.cells.record_paths import field_cells_path, records_path
from data.channels import CHANNELS
from data.fields.field import Field
from data.own_masks.own_masks import OwnMasks
from models.segmenters.segmenter import Segmenter


@dataclass(frozen=True)
class SegmentInputs:
    """What the segment stage reads.

    Attributes
    ----------
    fields
        Fields to segment.
    segmenter
        Segmenter that was made for them, or the user's own masks.
    reason
        Why it was chosen; empty where it was asked for by name.
    channels
        The channels of the fields that are used, here and by later stages.
    """

    fields: Sequence[Field]
    segmenter: Segmenter | OwnMasks
    reason: str = ""
    channels: tuple[str, ...] = CHANNELS


@dataclass(frozen=True)
class SegmentOutputs:
    """What the segment stage writes.

    Attributes
    ----------
    masks_dir
        Folder for ``<ID>_nuclei.png`` and ``<ID>_cells.png``; its hidden folder ``.fields`` keeps the rows of
        each finished field, so that an interrupted run can be resumed.
    cells_path
        Cells table.
    images_table_path
        Images table.
    """

    masks_dir: Path
    cells_path: Path
    images_table_path: Path

    @property
    def fields_dir(self) -> Path:
        """Folder of the rows of each finished field."""
        return records_path(self.masks_dir)

    @property
    def edited_dir(self) -> Path:
        """Folder of masks that were edited by hand, and that others have taken the place of."""
        return self.masks_dir / "edited"

    def rows_path(self, image_id: str) -> Path:
        """Return the file of a field's rows."""
        return field_cells_path(self.masks_dir, image_id)

    def begun_path(self, image_id: str) -> Path:
        """Return the file that is there while a field's label images are written, and after a kill."""
        return self.fields_dir / f"{image_id}.begun"

    def wrote(self, image_id: str) -> bool:
        """Check whether the label images of a field, if there are any, are those of a segmentation."""
        return self.rows_path(image_id).exists() or self.begun_path(image_id).exists()
