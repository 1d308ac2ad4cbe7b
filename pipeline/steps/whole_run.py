"""The whole job: every stage in order, each only where it is not done, and a summary at the end."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from data.fields.field import Field, find_fields
from pipeline.config.config import Config
from pipeline.runs.execute import Step, execute
from pipeline.runs.manifest import Manifest, read_manifest
from pipeline.runs.work_folder import WorkFolder
from pipeline.steps.combine import combine_step
from pipeline.steps.crops import crops_step
from pipeline.steps.inspect import inspect_step
from pipeline.steps.predict import predict_step
from pipeline.steps.score import score_step
from pipeline.steps.segment import segment_step
from pipeline.steps.train import train_step
from stages.crops.settings import CropsSettings
from stages.stage import Context

READS = ("segment", "crops", "train", "predict", "combine", "score", "inspect")
"""Sections of the configuration that the whole job reads."""


def run_everything(
    work: WorkFolder, images: Path, labels: Path, truth: Path | None, config: Config, context: Context
) -> tuple[list[Manifest], str]:
    """Run all stages from images to report; a failing field never stops the others.

    Returns
    -------
    tuple
        The stages' manifests, and a summary for the user: mAP where there is a truth, where the results lie,
        and how long each step took.
    """
    # Settings of pre-cropped cells are refused now, not after hours of segmenting.
    config.settings("crops", CropsSettings)
    # Listed once, for all steps.
    fields = find_fields(images)
    steps = _steps(work, images, fields, labels, truth, config)
    manifests = [execute(make(), context) for make in steps]
    folders = {path.parent for field in fields for path in field.files.values()}
    simulated = [read_manifest(folder / "simulate.json") for folder in sorted(folders)]
    return manifests, _summary(work, truth, [*filter(None, simulated), *manifests])


def _steps(
    work: WorkFolder,
    images: Path,
    fields: Sequence[Field],
    labels: Path,
    truth: Path | None,
    config: Config,
) -> Iterator[Callable[[], Step]]:
    # Made one by one: a step asks for the manifest of the one before it.
    yield lambda: segment_step(work, images, fields, config)
    yield lambda: crops_step(work, images, fields, config)
    yield lambda: train_step(work, labels, config)
    yield lambda: predict_step(work, None, config)
    yield lambda: combine_step(work, work.submission, config)
    if truth is not None:
        yield lambda: score_step(work.manifest("score"), work.submission, truth, work.metric, config)
    yield lambda: inspect_step(work, labels, config, fields)


def _summary(work: WorkFolder, truth: Path | None, manifests: list[Manifest]) -> str:
    lines = [f"{manifest.stage:>10}  {manifest.seconds:7.1f} s" for manifest in manifests]
    lines.append(f"{'together':>10}  {sum(manifest.seconds for manifest in manifests):7.1f} s")
    score = next((manifest for manifest in manifests if manifest.stage == "score"), None)
    if score is not None:
        from stages.score.run import format_scores

        lines += ["", format_scores(score.details), f"truth:      {truth}"]
    lines += [f"submission: {work.submission}", f"report:     {work.report / 'index.html'}"]
    return "\n".join(lines)
