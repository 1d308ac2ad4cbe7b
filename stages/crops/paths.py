"""What the crops stage reads and writes, for segmented fields and for pre-cropped cells."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from data.cells.precropped.precropped_index import PrecroppedIndex
from data.channels import CHANNELS
from data.fields.field import Field


@dataclass(frozen=True)
class CropsInputs:
    """What the crops stage reads of segmented fields.

    Attributes
    ----------
    fields
        The fields that were segmented.
    images_dir
        Folder in which they were found; named in messages.
    masks_dir, cells_path
        Label images and cells table of the segment stage.
    key
        Key of everything that the tiles depend on; an interrupted run with the same key is resumed.
    pixel_sizes_um
        Image ID -> edge of a pixel in um with which the field was segmented; 0.08 where there is none.
    channels
        The channels of the fields that are used.
    """

    fields: Sequence[Field]
    images_dir: Path
    masks_dir: Path
    cells_path: Path
    key: str
    pixel_sizes_um: Mapping[str, float] = field(default_factory=dict)
    channels: tuple[str, ...] = CHANNELS


@dataclass(frozen=True)
class CropsOutputs:
    """What the crops stage writes of segmented fields.

    Attributes
    ----------
    cells_path
        Cells table, completed with intensities, image hashes and drop reasons; usually the one that is read.
    tiles_path
        Tile store; its row n is row n of the table.
    """

    cells_path: Path
    tiles_path: Path


@dataclass(frozen=True)
class FieldCropsInputs:
    """What the crops stage reads of fields that are taken as a whole.

    Attributes
    ----------
    fields
        The fields.
    key
        Key of everything that the tiles depend on; an interrupted run with the same key is resumed.
    channels
        The channels of the fields that are used.
    """

    fields: Sequence[Field]
    key: str
    channels: tuple[str, ...] = CHANNELS


@dataclass(frozen=True)
class PrecroppedInputs:
    """What the crops stage reads of pre-cropped cells.

    Attributes
    ----------
    cells
        The cells of an index.
    key
        Key of everything that the tiles depend on; an interrupted run with the same key is resumed.
    full_scale
        Grey value that is white, as in ``data.fields.image_settings.ImageSettings``.
    """

    cells: PrecroppedIndex
    key: str
    full_scale: int | Literal["auto"] = "auto"


@dataclass(frozen=True)
class PrecroppedOutputs:
    """What the crops stage writes of pre-cropped cells: two tables, the tile store and a label file.

    Attributes
    ----------
    cells_path, images_table_path, tiles_path
        Tables and tile store.
    labels_path
        The labels of the index; where it has none, a file there is removed. None leaves alone what is there.
    """

    cells_path: Path
    images_table_path: Path
    tiles_path: Path
    labels_path: Path | None
