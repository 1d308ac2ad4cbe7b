"""What the labels stage reads and writes."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class LabelsInputs:
    """What the labels stage reads.

    Attributes
    ----------
    locations_path
        The Human Protein Atlas' ``subcellular_location.tsv``.
    images_path
        Table of the images: ID, gene and, where it is known, antibody.
    """

    locations_path: Path
    images_path: Path


@dataclass(frozen=True)
class LabelsOutputs:
    """What the labels stage writes: a label file ``ID,Label,Protein,Antibody``."""

    labels_path: Path
