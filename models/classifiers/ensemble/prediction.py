"""Predictions of several trained classifiers for the cells of a tile store, or of a field in memory."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.predictions.called_classes import call_classes
from data.tiles.batch_loader import BatchLoader
from data.tiles.tile_reader import TileReader
from models.classifiers.ensemble.fewer_channels import restrict_classifier
from models.classifiers.ensemble.image_mean import average_with_image_mean
from models.classifiers.ensemble.members import Member, group_by_tiles, mean_image_share, mean_thresholds
from models.classifiers.inference import predict_tiles
from models.classifiers.model_folder import read_classifier
from models.classifiers.runtimes.batch_runtime import BatchRuntime
from models.classifiers.runtimes.factory import make_batch_runtime
from models.classifiers.runtimes.memory_saving_runtime import MemorySavingRuntime


@dataclass(frozen=True)
class PredictionOptions:
    """How cells are predicted.

    Attributes
    ----------
    batch_size
        Tiles at a time.
    workers
        Threads that prepare batches.
    symmetries
        Whether to average over the eight symmetries of the square; None: as each classifier was trained to.
    image_weight
        Part, 0..1, that the mean over the cells of its image has in each cell's probabilities; None: as the
        classifiers were trained to.
    embedding
        Whether to keep the embeddings, of the first classifier.
    """

    batch_size: int = 128
    workers: int = 2
    symmetries: bool | None = None
    image_weight: float | None = None
    embedding: bool = False


@dataclass(frozen=True)
class EnsemblePrediction:
    """What classifiers predict for n cells.

    Attributes
    ----------
    probabilities
        (n, classes) float32.
    labels
        (n,) numbers of the called classes, joined by ``|``.
    embeddings
        (n, E) float32, or None where they were not asked for.
    identities
        In what the networks were computed.
    """

    probabilities: NDArray[np.float32]
    labels: list[str]
    embeddings: NDArray[np.float32] | None
    identities: frozenset[str]


def open_runtime(member: Member, runtime: str) -> BatchRuntime:
    """Load a classifier and make what runs it, on fewer tiles at a time where memory is short."""
    classifier = restrict_classifier(read_classifier(member.folder), member.architecture)
    return MemorySavingRuntime(make_batch_runtime(classifier, runtime), "the cells to predict")


def predict_cells(
    members: Sequence[Member],
    store: TileReader,
    table: pd.DataFrame,
    rows: NDArray[np.integer],
    open_member: Callable[[Member], BatchRuntime],
    options: PredictionOptions,
    advance: Callable[[int], None] = lambda _: None,
) -> EnsemblePrediction:
    """Predict some cells with the mean over some classifiers.

    Classifiers that take the same tiles share them; for others the tiles are read again.

    Parameters
    ----------
    members
        The classifiers, of the same classes.
    store, table
        Tiles, and the cells table with ``image_id`` and ``dropped``, row by row.
    rows
        (n,) the cells to predict.
    open_member
        Makes the runtime of a classifier; called once for each.
    options
        How they are predicted.
    advance
        Called with the number of tiles done, for each group of classifiers that share tiles.
    """
    total = _Mean(len(rows), members, options)
    for tile_settings, sharing in group_by_tiles(members).items():
        loader = BatchLoader(store, rows, tile_settings, workers=options.workers)
        total.add([open_member(member) for member in sharing], loader, advance)
    chosen = table.iloc[rows]
    share = mean_image_share(members) if options.image_weight is None else options.image_weight
    probabilities = average_with_image_mean(
        total.probabilities,
        chosen["image_id"].to_numpy(dtype=str),
        share,
        counted=(chosen["dropped"] == "").to_numpy(bool),
    )
    labels = call_classes(probabilities, mean_thresholds(members))
    return EnsemblePrediction(probabilities, labels, total.embeddings, frozenset(total.identities))


class _Mean:
    """Mean probabilities of the cells, added up classifier by classifier, and embeddings where asked for."""

    def __init__(self, count: int, members: Sequence[Member], options: PredictionOptions) -> None:
        self._members, self._options = len(members), options
        self.probabilities = np.zeros((count, len(members[0].architecture.class_names)), np.float32)
        self.embeddings: NDArray[np.float32] | None = None
        self.identities: set[str] = set()

    def add(
        self, batch_runtimes: Sequence[BatchRuntime], loader: BatchLoader, advance: Callable[[int], None]
    ) -> None:
        """Add what classifiers say that take the tiles of one loader."""
        self.identities |= {batch_runtime.identity() for batch_runtime in batch_runtimes}
        predicted = predict_tiles(
            batch_runtimes,
            loader,
            batch_size=self._options.batch_size,
            symmetries=self._options.symmetries,
            advance=advance,
        )
        for items, probabilities, embedding in predicted:
            self.probabilities[items] += probabilities * (len(batch_runtimes) / self._members)
            # The sum of rounded parts may lie just above 1.
            np.minimum(self.probabilities, 1, out=self.probabilities)
            if self._options.embedding:
                self._keep(items, embedding)

    def _keep(self, items: NDArray[np.intp], embedding: NDArray[np.float32]) -> None:
        if self.embeddings is None:
            self.embeddings = np.zeros((len(self.probabilities), embedding.shape[1]), np.float32)
        self.embeddings[items] = embedding
