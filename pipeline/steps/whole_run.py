"""The whole job: every stage in order, each only where it is not done, and a summary at the end."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from data.fields.fewer_channels.folder_channels import check_protein_and_nuclei, choose_channels
from data.fields.field import Field
from data.tiles.tile_presets import PresetName
from models.classifiers.bundled import find_classifier_folder
from pipeline.config.config import Config
from pipeline.runs.execute import Step, execute
from pipeline.runs.manifest import Manifest, read_manifest
from pipeline.runs.work_folder import WorkFolder
from pipeline.steps.combine import combine_step
from pipeline.steps.crops import crops_step
from pipeline.steps.export import export_step, find_exported
from pipeline.steps.images import list_fields
from pipeline.steps.inspect import inspect_step
from pipeline.steps.predict import predict_step
from pipeline.steps.score import score_step
from pipeline.steps.segment import segment_step
from pipeline.steps.subcell_run import Additions, choose_additions, wants_export
from pipeline.steps.tile_preset import choose_preset
from pipeline.steps.train import train_step
from stages.crops.settings import CropsSettings
from stages.segment.settings import SegmentSettings
from stages.stage import Context

DEFAULT_CLASSIFIER = "simhpa19"
"""The bundled classifier that predicts where neither labels nor a model are given."""

log = logging.getLogger("hpacells")


@dataclass(frozen=True)
class Job:
    """What the whole job works on.

    Attributes
    ----------
    work
        Where everything is written.
    images
        Folder of the fields.
    labels
        Label file to train on; None to predict with a classifier that is trained already.
    models
        That classifier: folders or bundled names; empty for the default one.
    truth
        Truth CSV to score against, or None.
    export
        Whether to write the results for other programs at the end; None: where SubCell predicts, if the
        package that writes them is installed.
    fields
        Those of the folder that are taken; None for all.
    """

    work: WorkFolder
    images: Path
    labels: Path | None = None
    models: Sequence[Path] = ()
    truth: Path | None = None
    export: bool | None = None
    fields: Sequence[Field] | None = None


def list_sections(job: Job) -> tuple[str, ...]:
    """Return the sections of the configuration that the job reads."""
    training = ("train",) if job.labels is not None else ()
    scoring = ("score",) if job.truth is not None else ()
    exporting = ("export",) if wants_export(_list_models(job), job.export) else ()
    return "images", "segment", "crops", *training, "predict", "combine", *scoring, "inspect", *exporting


def run_everything(
    job: Job, config: Config, context: Context, execute_step: Callable[[Step, Context], Manifest] = execute
) -> tuple[list[Manifest], str]:
    """Run all stages from images to report; a failing field never stops the others.

    Parameters
    ----------
    job, config, context
        What is done, with which settings, and where.
    execute_step
        Executes each step.

    Returns
    -------
    tuple
        The stages' manifests, and a summary for the user: mAP where there is a truth, where the results are,
        and how long each step took.
    """
    # Settings of pre-cropped cells are refused now, not after hours of segmenting.
    config.settings("crops", CropsSettings)
    # Listed once, for all steps.
    fields = list_fields(job.images, config) if job.fields is None else job.fields
    # A folder that cannot be classified is refused now, not after hours of segmenting.
    chosen = config.settings("segment", SegmentSettings).channels
    channels = choose_channels(fields, chosen, needs_nuclei=False)
    check_protein_and_nuclei(channels)
    for model in job.models:
        # So are weights that are not fetched.
        find_classifier_folder(model, channels)
    preset = choose_preset(_list_models(job), config)
    exported = find_exported(job.work, config)
    additions = choose_additions(_list_models(job), job.export, exported, config)
    steps = _steps(job, fields, config, preset, additions)
    manifests = [execute_step(step, context) for make in steps if (step := make()) is not None]
    folders = {path.parent for field in fields for path in field.files.values()}
    simulated = [read_manifest(folder / "simulate.json") for folder in sorted(folders)]
    return manifests, _summary(job, config, [*filter(None, simulated), *manifests])


def _list_models(job: Job) -> Sequence[Path]:
    return () if job.labels is not None else job.models or [Path(DEFAULT_CLASSIFIER)]


def _steps(
    job: Job, fields: Sequence[Field], config: Config, preset: PresetName, additions: Additions
) -> Iterator[Callable[[], Step | None]]:
    # Made one by one: a step asks for the manifest of the one before it.
    work, labels, truth = job.work, job.labels, job.truth
    yield lambda: segment_step(work, job.images, fields, config)
    yield lambda: crops_step(work, job.images, fields, config, preset)
    if labels is not None:
        yield lambda: train_step(work, labels, config)
        yield lambda: predict_step(work, None, config)
    else:
        yield lambda: predict_step(work, _list_models(job), config)
    yield lambda: combine_step(work, work.submission, None, config, additions.label_set)
    if truth is not None:
        yield lambda: score_step(work.manifest("score"), work.submission, truth, work.metric, config)
    yield lambda: inspect_step(work, labels, config, fields)
    if additions.export:
        yield lambda: _export_step(job, config, fields)


def _export_step(job: Job, config: Config, fields: Sequence[Field]) -> Step | None:
    """Return the step that exports the results; None, told, where no cell was predicted."""
    predicted = read_manifest(job.work.manifest("predict"))
    if predicted is not None and not predicted.counts.get("cells", 1):
        log.warning("export: nothing to write, as no cell was predicted")
        return None
    return export_step(job.work, None, job.labels, config, fields)


def _summary(job: Job, config: Config, manifests: list[Manifest]) -> str:
    lines = [f"{manifest.stage:>10}  {manifest.seconds:7.1f} s" for manifest in manifests]
    lines.append(f"{'total':>10}  {sum(manifest.seconds for manifest in manifests):7.1f} s")
    score = next((manifest for manifest in manifests if manifest.stage == "score"), None)
    if score is not None:
        from stages.score.run import format_scores

        lines += ["", format_scores(score.details), f"truth:      {job.truth}"]
    lines += [f"submission: {job.work.submission}", f"report:     {job.work.report / 'index.html'}"]
    exported = next((manifest for manifest in manifests if manifest.stage == "export"), None)
    if exported is not None:
        lines.append(f"exported:   {find_exported(job.work, config)}")
    return "\n".join(lines)
