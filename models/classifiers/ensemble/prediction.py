"""Predictions of several trained classifiers for the cells of a tile store, or of a field in memory."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.calibration.calibration import Calibration
from data.predictions.prediction_blocks import Block, PredictionBlocks
from data.tiles.batch_loader import BatchLoader
from data.tiles.preparation import TileSettings, crop_tiles, read_prepared
from data.tiles.tile_reader import TileReader
from models.classifiers.backbones.settings import SUBCELL_CHANNELS
from models.classifiers.ensemble.averaging import average_members
from models.classifiers.ensemble.fewer_channels import restrict_classifier
from models.classifiers.ensemble.members import Member, group_by_tiles, mean_image_share
from models.classifiers.ensemble.sharing_members import Infer, SharingMembers
from models.classifiers.inference import plan_from, predict_tiles
from models.classifiers.model_folder import read_classifier
from models.classifiers.runtimes.batch_runtime import BatchRuntime
from models.classifiers.runtimes.factory import make_batch_runtime
from models.classifiers.runtimes.memory_saving_runtime import MemorySavingRuntime
from models.runtimes.names import resolve_runtime


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
    embedding_type
        In which numbers these are kept.
    """

    batch_size: int = 128
    workers: int = 2
    symmetries: bool | None = None
    image_weight: float | None = None
    embedding: bool = False
    embedding_type: Literal["float32", "float16"] = "float32"


@dataclass(frozen=True)
class EnsemblePrediction:
    """What classifiers predict for n cells.

    Attributes
    ----------
    probabilities
        (n, classes) float32.
    labels
        (n,) numbers of the called classes, joined by ``|``.
    identities
        In what the networks were computed, but for what an earlier run did.
    image_weight
        The weight of the image's mean in the probabilities.
    """

    probabilities: NDArray[np.float32]
    labels: list[str]
    identities: frozenset[str]
    image_weight: float


SUBCELL_TILES = 4
"""Tiles of SubCell at a time on a processor, whatever the size of a batch."""

CALIBRATION_TILES = 64
"""Tiles on which the ranges of int8 are set, evenly from all that are predicted."""


def open_runtime(
    member: Member, runtime: str, store: TileReader | None = None, rows: NDArray[np.integer] | None = None
) -> BatchRuntime:
    """Load a classifier and make what runs it, on fewer tiles at a time where memory is short.

    Parameters
    ----------
    member, runtime
        The classifier, and the name of a runtime.
    store, rows
        The tiles that it is to predict, on some of which int8 is calibrated; needed for that only.
    """

    def calibrate(settings: TileSettings) -> NDArray[np.uint8]:
        if store is None or rows is None:
            return np.zeros((0, settings.side, settings.side, len(settings.channels)), np.uint8)
        chosen = rows[:: max(1, -(-len(rows) // CALIBRATION_TILES))]
        return crop_tiles(read_prepared(store, chosen, settings), settings)

    classifier = restrict_classifier(read_classifier(member.folder), member.architecture)
    batch_runtime = make_batch_runtime(classifier, runtime, calibrate)
    # On a processor a few tiles of SubCell are as fast as many, whose attention would take gigabytes.
    few = classifier.architecture.backbone.name in SUBCELL_CHANNELS and resolve_runtime(runtime) != "cuda"
    return MemorySavingRuntime(
        batch_runtime, "the cells to predict", max_tiles=SUBCELL_TILES if few else None
    )


def predict_cells(
    members: Sequence[Member],
    store: TileReader,
    table: pd.DataFrame,
    rows: NDArray[np.integer],
    open_member: Callable[[Member], BatchRuntime],
    options: PredictionOptions,
    blocks: PredictionBlocks,
) -> EnsemblePrediction:
    """Predict some cells with the mean over some classifiers, and keep what is said of all in memory.

    Parameters
    ----------
    members, store, rows, open_member, options, blocks
        As of `run_members`.
    table
        The cells table with ``image_id`` and ``dropped``, row by row.
    """
    identities = run_members(members, store, rows, open_member, options, blocks)
    share = choose_image_weight(members, options)
    if not len(rows):
        nothing = np.zeros((0, len(members[0].architecture.class_names)), np.float32)
        return EnsemblePrediction(nothing, [], identities, share)
    (averaged,) = average_members(members, blocks, [table.iloc[rows]], share)
    return EnsemblePrediction(averaged.probabilities, averaged.labels, identities, share)


def choose_image_weight(members: Sequence[Member], options: PredictionOptions) -> float:
    """Return the weight, 0..1, of the image's mean in the probabilities of its cells."""
    return mean_image_share(members) if options.image_weight is None else options.image_weight


def run_members(
    members: Sequence[Member],
    store: TileReader,
    rows: NDArray[np.integer],
    open_member: Callable[[Member], BatchRuntime],
    options: PredictionOptions,
    blocks: PredictionBlocks,
    advance: Callable[[int], None] = lambda _: None,
    infer: Infer | None = None,
) -> frozenset[str]:
    """Predict some cells with each of some classifiers, and keep what they say in blocks.

    Classifiers that take the same tiles share them; for others the tiles are read again.

    Parameters
    ----------
    members
        The classifiers, of the same classes.
    store
        The tiles.
    rows
        (n,) the cells to predict.
    open_member
        Makes the runtime of a classifier; called once for each.
    options
        How they are predicted.
    blocks
        Where the predictions of the classifiers are kept, part n of the n-th of those that share tiles.
    advance
        Called with the number of tiles done, for each group of classifiers that share tiles.
    infer
        Runs a network on batches elsewhere: called with the network, with what reads a batch, and with the
        items of all batches. None: here.

    Returns
    -------
    frozenset of str
        In what the networks were computed, but for what an earlier run did.
    """
    identities: set[str] = set()
    for part, (tile_settings, sharing) in enumerate(group_by_tiles(members).items()):
        done = blocks.count_done(part)
        advance(done)
        if done < len(rows):
            loader = BatchLoader(store, rows, tile_settings, workers=options.workers)
            calibrations = [member.calibration for member in sharing]
            if infer is None:
                batch_runtimes = [open_member(member) for member in sharing]
                identities |= {batch_runtime.identity() for batch_runtime in batch_runtimes}
                _predict_part(part, batch_runtimes, calibrations, loader, options, blocks, advance)
            else:
                network = SharingMembers(sharing, open_member, options.symmetries)
                identities |= _infer_part(part, network, infer, loader, options, blocks, advance)
    return frozenset(identities)


def _predict_part(
    part: int,
    batch_runtimes: Sequence[BatchRuntime],
    calibrations: Sequence[Calibration | None],
    loader: BatchLoader,
    options: PredictionOptions,
    blocks: PredictionBlocks,
    advance: Callable[[int], None],
) -> None:
    """Predict the cells of a part that are not done, batch by batch as if none was."""
    predicted = predict_tiles(
        batch_runtimes,
        loader,
        batch_size=options.batch_size,
        symmetries=options.symmetries,
        calibrations=calibrations,
        start=blocks.count_done(part),
        advance=advance,
    )
    for _, probabilities, embedding in predicted:
        blocks.add(part, _make_block(probabilities, embedding, options))
    blocks.close(part)


def _infer_part(
    part: int,
    network: SharingMembers,
    infer: Infer,
    loader: BatchLoader,
    options: PredictionOptions,
    blocks: PredictionBlocks,
    advance: Callable[[int], None],
) -> set[str]:
    """Predict the cells of a part that are not done elsewhere, in the batches of `_predict_part`.

    Returns
    -------
    set of str
        In what the networks were computed.
    """
    identities: set[str] = set()
    plan = plan_from(len(loader), options.batch_size, blocks.count_done(part))
    for items, (probabilities, embedding, computed_in) in infer(network, loader.prepare, plan):
        identities |= computed_in
        blocks.add(part, _make_block(probabilities, embedding, options))
        advance(len(items))
    blocks.close(part)
    return identities


def _make_block(
    probabilities: NDArray[np.float32], embedding: NDArray[np.float32], options: PredictionOptions
) -> Block:
    kept = embedding if options.embedding else embedding[:, :0]
    return Block(probabilities, kept.astype(options.embedding_type))
