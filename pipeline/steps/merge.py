"""Merging shards: the steps that join what each stage made of them, with the keys of one run of all."""

import logging
import resource
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from data.fields.shard import Shard
from data.software.differences import MIXED_FIELDS
from pipeline.runs.execute import Step, execute, finished_manifest
from pipeline.runs.fingerprints import fingerprint_fields
from pipeline.runs.manifest import Manifest
from pipeline.runs.work_folder import WorkFolder
from pipeline.runs.writer_lock import refuse_other_writer, sole_writer
from pipeline.shards.checks import OF_SHARD, StageOfShards, read_stage, refuse_edits, require_stage
from pipeline.shards.folders import list_shards
from pipeline.shards.whole_set import WholeSet, find_whole_set
from pipeline.steps.images import SHARD
from pipeline.steps.segment import (
    CHANNELS,
    fingerprint_edits,
    fingerprint_masks,
    is_incomplete,
    restore_stamps,
    segment_outputs,
    segmented_paths,
)
from stages.crops.settings import CropsSettings
from stages.predict.settings import PredictSettings
from stages.segment.settings import SegmentSettings
from stages.stage import Context, Failure, StageReport

log = logging.getLogger("hpacells")

_SEGMENT_COUNTS = ("fields", "reused", "edited", "failed", "cells", "fields without cells")


def merge_shards(work: WorkFolder, context: Context) -> list[Manifest]:
    """Join all stages that the shards of a work folder have finished, unless that is done.

    Returns
    -------
    list
        The manifests of the joined stages, in order: segment, crops, predict.

    Raises
    ------
    InputError
        A shard is missing, not whole, of other images, or unlike the others, or another process is writing.
    """
    folders = list_shards(work.root)
    _allow_files(len(folders))
    with ExitStack() as stack:
        for folder in folders.values():
            try:
                stack.enter_context(sole_writer(folder.root))
            except OSError:
                # Nothing can be written there, and nothing has to.
                refuse_other_writer(folder.root)
        return list(_join_stages(work, folders, context))


def _allow_files(shards: int) -> None:
    """Let this process open as many files as it needs: of each shard the lock and a table or two."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = 4 * shards + 256
    if soft != resource.RLIM_INFINITY and soft < needed:
        allowed = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))


def _join_stages(
    work: WorkFolder, folders: Mapping[Shard, WorkFolder], context: Context
) -> Iterator[Manifest]:
    segment = require_stage(work.root, folders, "segment", SegmentSettings)
    crops = read_stage(work.root, folders, "crops", CropsSettings)
    predict = read_stage(work.root, folders, "predict", PredictSettings)
    whole = find_whole_set(work, folders, segment)
    whole.check_images(segment)
    if crops is not None:
        whole.check_images(crops)
    refuse_edits(work, whole.find_edits())
    segmented = _execute(_segment_step(whole, segment), whole.join_failures(segment.manifests), context)
    yield segmented
    if crops is None:
        return
    cropped = _execute(_crops_step(whole, crops, segmented), whole.join_failures(crops.manifests), context)
    yield cropped
    if predict is not None:
        yield _execute(_predict_step(whole, predict, cropped), [], context)


def _execute(step: Step, failures: Sequence[Failure], context: Context) -> Manifest:
    """Run a step unless it is done and the same fields failed; those are tried again in the shards alone."""
    done = finished_manifest(step)
    if done is None or [(record.where, record.why) for record in done.failures] != [
        (failure.where, failure.why) for failure in failures
    ]:
        return execute(replace(step, incomplete=True), context)
    log.info("%s: merged before, nothing changed", step.stage)
    return done


def _segment_step(whole: WholeSet, made: StageOfShards) -> Step:
    """Join label images and tables."""
    from data.own_masks.own_masks import OwnMasks
    from stages.merge.masks import join_masks

    work, settings = whole.work, SegmentSettings.model_validate(made.first.settings)
    failures = whole.join_failures(made.manifests)
    failed = {failure.where for failure in failures}
    # Asked of the shards, since a segmenter's name is known only where all networks are loaded.
    has_masks = "masks" in made.first.inputs
    source = OwnMasks(Path(settings.masks or settings.segmenter), whole.fields) if has_masks else None

    def run(_: str, context: Context) -> StageReport:
        parts = [segment_outputs(part) for part in whole.shards.values()]
        done = [field.image_id for field in whole.fields if field.image_id not in failed]
        join_masks(parts, done, segment_outputs(work), context)
        counts = _add_counts(made.manifests)
        details = {name: value for name, value in made.first.details.items() if name != SHARD}
        mixed: Counter[str] = Counter()
        for manifest in made.manifests:
            mixed.update(manifest.details.get(MIXED_FIELDS, {}))
        if mixed:
            details[MIXED_FIELDS] = dict(mixed)
        return StageReport(
            counts={name: counts[name] for name in _SEGMENT_COUNTS if name in counts},
            failures=failures,
            details=details,
            warnings=_join_warnings(made),
        )

    return Step(
        stage="segment",
        manifest=work.manifest("segment"),
        settings=settings,
        inputs={"images": fingerprint_fields(whole.fields)}
        | _common_inputs(made)
        | fingerprint_masks(source, whole.fields)
        | fingerprint_edits(whole.find_edits()),
        outputs=segmented_paths(work),
        run=run,
        incomplete=restore_stamps(work) or is_incomplete(work, whole.images_dir),
    )


def _crops_step(whole: WholeSet, made: StageOfShards, segmented: Manifest) -> Step:
    """Join tile stores, and complete the cells table."""
    from stages.merge.cells import join_cells, join_tiles
    from stages.merge.order import order_cells

    work, parts = whole.work, list(whole.shards.values())

    def run(key: str, context: Context) -> StageReport:
        runs = order_cells([part.images for part in parts], (field.image_id for field in whole.fields))
        join_tiles([part.tiles for part in parts], runs, work.tiles, key, context)
        dropped = join_cells([part.cells for part in parts], runs, work.cells)
        total = sum(run.rows for run in runs)
        return StageReport(
            counts={"cells": total, "kept": total - dropped.total(), **dropped},
            failures=whole.join_failures(made.manifests),
            details=made.first.details | {"dropped": dict(dropped)},
            warnings=_join_warnings(made),
        )

    return Step(
        stage="crops",
        manifest=work.manifest("crops"),
        settings=CropsSettings.model_validate(made.first.settings),
        inputs={"segment": segmented.output_key, "images": fingerprint_fields(whole.fields)},
        outputs=(work.cells, work.tiles),
        run=run,
    )


def _predict_step(whole: WholeSet, made: StageOfShards, cropped: Manifest) -> Step:
    """Join predictions."""
    from stages.merge.predictions import join_predictions

    work, parts = whole.work, list(whole.shards.values())

    def run(_: str, context: Context) -> StageReport:
        image_ids = [field.image_id for field in whole.fields]
        join_predictions([part.predictions for part in parts], image_ids, work.predictions)
        runtimes = {name for manifest in made.manifests for name in manifest.details.get("runtimes", [])}
        counts = _add_counts(made.manifests)
        if "classifiers" in counts:
            counts["classifiers"] = made.first.counts["classifiers"]
        return StageReport(
            counts=counts,
            details=made.first.details | {"runtimes": sorted(runtimes)},
            warnings=_join_warnings(made),
        )

    return Step(
        stage="predict",
        manifest=work.manifest("predict"),
        settings=PredictSettings.model_validate(made.first.settings),
        inputs={"crops": cropped.output_key} | _common_inputs(made),
        outputs=(work.predictions,),
        run=run,
    )


def _common_inputs(made: StageOfShards) -> dict[str, str]:
    """Return the inputs that are the same in all shards and in one run over all fields."""
    own = (*OF_SHARD[made.stage], CHANNELS)
    return {name: value for name, value in made.first.inputs.items() if name not in own}


def _join_warnings(made: StageOfShards) -> tuple[str, ...]:
    """Return what the shards warned of, each text once."""
    return tuple(dict.fromkeys(text for manifest in made.manifests for text in manifest.warnings))


def _add_counts(manifests: Sequence[Manifest]) -> dict[str, int | float]:
    counts: Counter[str] = Counter()
    for manifest in manifests:
        counts.update(manifest.counts)  # type: ignore[arg-type]
    return dict(counts)
