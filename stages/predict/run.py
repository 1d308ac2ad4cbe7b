"""Predict: give every cell the probabilities of its classes."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.cells.cells_table import read_cells
from data.errors import InputError
from data.predictions.called_classes import call_classes
from data.predictions.predictions_table import write_predictions
from data.tiles.batch_loader import BatchLoader
from data.tiles.tile_store import TileStore
from models.classifiers.ensemble import (
    Member,
    group_by_tiles,
    mean_image_share,
    mean_thresholds,
    read_members,
)
from models.classifiers.image_mean import blend_with_images
from models.classifiers.inference import predict_tiles
from models.classifiers.model_folder import read_classifier
from models.classifiers.runtimes.batch_runtime import Runner
from models.classifiers.runtimes.factory import make_runner
from models.classifiers.runtimes.memory_saving_runtime import SparingRunner
from stages.predict.settings import PredictSettings
from stages.stage import Context, StageReport


def run(
    tiles: Path,
    cells: Path,
    models: Sequence[Path],
    output: Path,
    settings: PredictSettings,
    context: Context,
) -> StageReport:
    """Write ``predictions.parquet``, a row a cell in the order of the cells table.

    Parameters
    ----------
    tiles, cells
        Tile store and cells table.
    models
        Folders of trained classifiers, of one or of its folds each; the probabilities of all are averaged.
        Those that take the same tiles share them; for others the tiles are read anew. Each cell's are then
        averaged with the mean of its image, as the settings or the classifiers say.
    output
        The file to write.

    Raises
    ------
    InputError
        A file is missing or does not fit the others, embeddings of several classifiers are asked for, or the
        memory is too small for one tile; where it is too small for a batch, that is taken in parts.
    """
    table = read_cells(cells, ["image_id", "cell_id", "dropped"])
    store = TileStore(tiles, rows=len(table))
    members = read_members(models)
    if settings.embedding and len(members) > 1:
        raise InputError(
            found=f"embeddings of {len(members)} classifiers",
            where="setting predict.embedding",
            expected="a single classifier: embeddings of several have nothing in common",
            advice=f"give one, such as --model {members[0].folder}, or leave the embeddings out",
        )
    kept = np.ones(len(table), bool) if settings.dropped else (table["dropped"] == "").to_numpy(bool)
    rows = np.flatnonzero(kept)
    prediction = _Prediction(len(rows), members, settings)
    groups = group_by_tiles(members)
    with context.track("predict", len(rows) * len(groups)) as advance:
        for tile_settings, sharing in groups.items():
            loader = BatchLoader(store, rows, tile_settings, workers=settings.workers)
            prediction.add(sharing, loader, advance)
    chosen = table.iloc[rows]
    image_ids = chosen["image_id"].to_numpy(dtype=str)
    share = mean_image_share(members) if settings.image_share == "auto" else settings.image_share
    counted = (chosen["dropped"] == "").to_numpy(bool)
    probabilities = blend_with_images(prediction.probabilities, image_ids, share, counted)
    write_predictions(
        output,
        image_ids,
        chosen["cell_id"].to_numpy(),
        probabilities,
        prediction.embeddings,
        class_names=members[0].architecture.class_names,
        labels=call_classes(probabilities, mean_thresholds(members)),
    )
    counts: dict[str, int | float] = {"cells": len(rows), "left out": len(table) - len(rows)}
    return StageReport(
        counts=counts | ({"classifiers": len(members)} if len(members) > 1 else {}),
        details={
            "classifiers": [str(member.folder) for member in members],
            "runtimes": sorted(prediction.identities),
        },
    )


class _Prediction:
    """Mean probabilities of the cells, added up classifier by classifier, and embeddings where asked for."""

    def __init__(self, count: int, members: Sequence[Member], settings: PredictSettings) -> None:
        self._members, self._settings = len(members), settings
        self.probabilities = np.zeros((count, len(members[0].architecture.class_names)), np.float32)
        self.embeddings: NDArray[np.float32] | None = None
        self.identities: set[str] = set()

    def add(self, members: Sequence[Member], loader: BatchLoader, advance: Callable[[int], None]) -> None:
        """Add what classifiers say that take the tiles of one loader."""
        runners = [self._load(member) for member in members]
        asked = self._settings.test_time_augmentation
        predicted = predict_tiles(
            runners,
            loader,
            batch_size=self._settings.batch_size,
            symmetries=None if asked == "auto" else asked,
            advance=advance,
        )
        for items, probabilities, embedding in predicted:
            self.probabilities[items] += probabilities * (len(members) / self._members)
            # The sum of rounded parts may lie just above 1.
            np.minimum(self.probabilities, 1, out=self.probabilities)
            if self._settings.embedding:
                self._keep(items, embedding)

    def _load(self, member: Member) -> Runner:
        runner = SparingRunner(
            make_runner(read_classifier(member.folder), self._settings.runtime), "the cells to predict"
        )
        self.identities.add(runner.identity())
        return runner

    def _keep(self, items: NDArray[np.intp], embedding: NDArray[np.float32]) -> None:
        if self.embeddings is None:
            self.embeddings = np.zeros((len(self.probabilities), embedding.shape[1]), np.float32)
        self.embeddings[items] = embedding
