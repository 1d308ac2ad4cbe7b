"""Predict: give every cell the probabilities of its classes."""

import logging
from collections.abc import Sequence
from functools import partial

from data.cells.kept_cells import KeptCells
from data.errors import InputError
from data.predictions.prediction_blocks import BlocksOnDisk
from data.predictions.prediction_rows import PredictionRows, write_prediction_rows
from data.tiles.tile_presets import FIELD
from data.tiles.tile_store import TileStore
from models.classifiers.backbones.settings import SUBCELL_CHANNELS
from models.classifiers.ensemble.averaging import AveragedCells, average_members
from models.classifiers.ensemble.fewer_channels import adapt_members, name_member
from models.classifiers.ensemble.members import (
    Member,
    group_by_tiles,
    mean_thresholds,
    read_members,
    warn_of_odd_ensemble,
    warn_of_versions,
)
from models.classifiers.ensemble.prediction import (
    PredictionOptions,
    choose_image_weight,
    open_runtime,
    run_members,
)
from models.classifiers.ensemble.sharing_members import Infer
from models.classifiers.ensemble.tile_preset import fit_members
from models.runtimes.names import resolve_runtime
from stages.predict.paths import PredictInputs, PredictOutputs
from stages.predict.settings import PredictSettings
from stages.stage import Context, StageReport

log = logging.getLogger("hpacells")


def run(
    inputs: PredictInputs, outputs: PredictOutputs, settings: PredictSettings, context: Context
) -> StageReport:
    """Write the predictions table, one row per cell in the order of the cells table.

    Classifiers that take the same tiles share them; for others the tiles are read again. The probabilities of
    each cell are then averaged with the mean of its image, as the settings or the classifiers say. What is
    predicted is kept block by block beside the table until that is written from them, and an interrupted run
    goes on.

    Raises
    ------
    InputError
        A file is missing or does not fit the others, embeddings of several classifiers are asked for, or the
        memory is too small for one tile; where it is too small for a batch, that is taken in parts.
    """
    cells = KeptCells(inputs.cells_path, dropped=settings.dropped)
    store = TileStore(inputs.tiles_path, rows=cells.total)
    members = fit_members(read_members(inputs.model_dirs), store, inputs.tiles_path)
    members = adapt_members(members, store.channels)
    _tell(members)
    warn_of_versions(members)
    warn_of_odd_ensemble(members)
    options = _options(settings, embedding=_wants_embedding(members, settings))
    open_member = partial(open_runtime, runtime=settings.runtime, store=store, rows=cells.rows)
    path = outputs.predictions_path
    blocks = BlocksOnDisk(path.with_name(f".{path.name}.blocks"), inputs.key)
    with context.track("predict", len(cells.rows) * len(group_by_tiles(members))) as advance:
        identities = run_members(
            members,
            store,
            cells.rows,
            open_member,
            options,
            blocks,
            advance,
            infer=_infer_by(context, settings),
        )
    calibrations = ["none" if member.calibration is None else member.calibration.kind for member in members]
    image_weight = choose_image_weight(members, options)
    averaged = average_members(members, blocks, cells.read(), image_weight)
    write_prediction_rows(
        path,
        (_as_rows(part, embedding=options.embedding) for part in averaged),
        members[0].architecture.class_names,
        image_weight=image_weight,
        calibrations=calibrations,
    )
    blocks.remove()
    thresholds = mean_thresholds(members)
    predicted = "fields" if store.preset == FIELD else "cells"
    counts: dict[str, int | float] = {
        predicted: len(cells.rows),
        "left out": cells.total - len(cells.rows),
    }
    return StageReport(
        counts=counts | ({"classifiers": len(members)} if len(members) > 1 else {}),
        details={
            "classifiers": [str(member.folder) for member in members],
            "backbones": [member.architecture.backbone.name for member in members],
            "channels": [list(member.architecture.tiles.channels) for member in members],
            "calibrations": calibrations,
            "runtimes": sorted(identities),
            "thresholds": None if thresholds is None else thresholds.tolist(),
        },
    )


def _as_rows(part: AveragedCells, *, embedding: bool) -> PredictionRows:
    return PredictionRows(
        part.cells["image_id"].tolist(),
        part.cells["cell_id"].to_numpy(),
        part.probabilities,
        part.embedding if embedding else None,
        part.labels,
    )


def _tell(members: Sequence[Member]) -> None:
    """Log which classifiers predict, and by which channels."""
    by_channels: dict[tuple[str, ...], list[str]] = {}
    for member in members:
        by_channels.setdefault(member.architecture.tiles.channels, []).append(name_member(member))
    for channels, names in by_channels.items():
        log.info("classifier: %s, which sees %s", ", ".join(names), ", ".join(channels))


def _wants_embedding(members: Sequence[Member], settings: PredictSettings) -> bool:
    """Return whether embeddings are written."""
    if settings.embedding == "auto":
        is_subcell = all(member.architecture.backbone.name in SUBCELL_CHANNELS for member in members)
        if is_subcell and len(members) > 1:
            log.info(
                "predict: no embeddings, since those of %d classifiers have nothing in common", len(members)
            )
        return is_subcell and len(members) == 1
    if settings.embedding and len(members) > 1:
        raise InputError(
            found=f"embeddings of {len(members)} classifiers",
            where="setting predict.embedding",
            expected="a single classifier: embeddings of several have nothing in common",
            advice=f"give one, such as --model {members[0].folder}, or leave the embeddings out",
        )
    return settings.embedding


def _infer_by(context: Context, settings: PredictSettings) -> Infer | None:
    """Return what runs networks elsewhere, by the settings; None where this process does."""
    if context.infer is None:
        return None
    on_gpu = resolve_runtime(settings.runtime) == "cuda"
    return partial(context.infer, description="predict", on_gpu=on_gpu)


def _options(settings: PredictSettings, *, embedding: bool) -> PredictionOptions:
    return PredictionOptions(
        batch_size=settings.batch_size,
        workers=settings.workers,
        symmetries=None if settings.test_time_augmentation == "auto" else settings.test_time_augmentation,
        image_weight=None if settings.image_weight == "auto" else settings.image_weight,
        embedding=embedding,
        embedding_type=settings.embedding_type,
    )
