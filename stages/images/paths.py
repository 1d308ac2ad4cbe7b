"""What the images stage reads and writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from data.fields.field import Field


@dataclass(frozen=True)
class ImagesInputs:
    """What the images stage reads.

    Attributes
    ----------
    fields
        The fields to look at.
    labels_path
        Label file of the images, or None.
    """

    fields: Sequence[Field]
    labels_path: Path | None = None


@dataclass(frozen=True)
class ImagesOutputs:
    """What the images stage writes: a contact sheet (PNG), or nothing."""

    sheet_path: Path | None = None
