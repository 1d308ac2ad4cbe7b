"""What the explore stage reads and writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from data.fields.field import Field


@dataclass(frozen=True)
class ExploreInputs:
    """What is explored.

    Attributes
    ----------
    labels_path
        Label file.
    fields
        Fields whose images are shown, or None for the plots of the labels alone. Labelled images that are not
        among them still count in the plots of the labels.
    cells_path, images_table_path
        Tables of a work folder whose cells are counted, or None.
    """

    labels_path: Path
    fields: Sequence[Field] | None = None
    cells_path: Path | None = None
    images_table_path: Path | None = None


@dataclass(frozen=True)
class ExploreOutputs:
    """What the explore stage writes: the folder of its page, replaced as a whole."""

    explore_dir: Path
