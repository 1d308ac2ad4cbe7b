"""A training on a folder of made-up tiles."""

from pathlib import Path
from typing import Protocol

from stages.stage import Context, StageReport
from stages.train import run as stage
from stages.train.paths import TrainInputs, TrainOutputs
from stages.train.settings import TrainSettings


class LabelledTiles(Protocol):
    """The paths of a tile store, its cells table and a label file."""

    @property
    def tiles(self) -> Path: ...

    @property
    def cells(self) -> Path: ...

    @property
    def labels(self) -> Path: ...


def train_on(
    folder: LabelledTiles,
    model: Path,
    settings: TrainSettings,
    context: Context,
    *,
    soft: Path | None = None,
    out_of_fold: Path | None = None,
) -> StageReport:
    """Run the train stage on tiles, into the folder ``model``."""
    inputs = TrainInputs(folder.tiles, folder.cells, folder.labels, soft)
    return stage.run(inputs, TrainOutputs(model, out_of_fold), settings, context)
