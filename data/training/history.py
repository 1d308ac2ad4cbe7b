"""What training did, epoch by epoch: ``metrics.csv``."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import pandas as pd

from data.errors import InputError
from data.tables.csv_file import write_csv

METRICS = "metrics.csv"
"""What the file is called in a classifier's folder."""


@dataclass(frozen=True, kw_only=True)
class Epoch:
    """One row of ``metrics.csv``; validation figures are NaN (empty in the file) without validation.

    Attributes
    ----------
    epoch
        Number, from 1; those of later phases numbered on.
    phase
        Number of the phase, from 1, which is the main training.
    lr
        Learning rate of the head in the last step.
    train_loss, val_loss
        Mean over tiles; the training loss is that of the changed tiles, as the weights went.
    val_accuracy, val_macro_f1, val_map, val_auc
        See ``models.training.metrics``.
    seconds
        Time of the epoch with its validation.
    tiles_per_second
        Training tiles by the time without validation.
    wait_seconds
        Time spent waiting for batches.
    """

    epoch: int
    phase: int = 1
    lr: float
    train_loss: float
    val_loss: float
    val_accuracy: float
    val_macro_f1: float
    val_map: float
    val_auc: float = math.nan
    seconds: float
    tiles_per_second: float
    wait_seconds: float


_NAMES = [field.name for field in fields(Epoch)]


def write_history(path: Path, epochs: Sequence[Epoch]) -> None:
    """Write ``metrics.csv``, one row per epoch."""
    table = pd.DataFrame([asdict(epoch) for epoch in epochs], columns=_NAMES)
    write_csv(path, table, float_format="%.6g")


def read_history(path: Path) -> list[Epoch]:
    """Read ``metrics.csv``; what an earlier version did not write is as if there had been none.

    Raises
    ------
    InputError
        There is no such file, or it has no epochs.
    """
    try:
        table = pd.read_csv(path, dtype=float)
        table = table[[name for name in _NAMES if name in table.columns]]
        whole = {name: int for name in ("epoch", "phase") if name in table.columns}
        rows = table.astype(whole).to_dict("records")
        return [Epoch(**{str(name): value for name, value in row.items()}) for row in rows]
    except (OSError, ValueError, TypeError) as error:
        raise InputError(
            found="no such file" if isinstance(error, FileNotFoundError) else f"unreadable ({error})",
            where=path,
            expected="the metrics of a training, one row per epoch",
            advice="run `hpacells train` first, or give the folder of another classifier",
        ) from None
