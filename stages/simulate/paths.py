"""What the simulate stage reads and writes."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class SimulateInputs:
    """What the simulate stage reads: nothing, as fields are drawn from the settings alone."""


@dataclass(frozen=True)
class SimulateOutputs:
    """What the simulate stage writes.

    Attributes
    ----------
    fields_dir
        Folder for ``<ID>_<channel>.png``, ``train.csv`` (the labels that the images were given),
        ``truth.csv`` (every cell's true ones, in the submission's format), ``masks/`` and ``records/``.
        Fields that an earlier run with other settings left there are removed, and so is what a killed one
        half wrote; those that an interrupted one finished stay.
    """

    fields_dir: Path
