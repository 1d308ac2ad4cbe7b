"""The steps that make and compare segmenters: what each depends on, what it writes, and its call."""

from pathlib import Path

from data.file_hash import hash_file
from pipeline.config.config import Config
from pipeline.runs.execute import Step
from pipeline.runs.fingerprints import fingerprint_fields
from pipeline.runs.manifest import hash_json
from pipeline.steps.images import list_fields
from stages.segment.settings import SegmentSettings
from stages.segmenter.compare_settings import CompareSettings
from stages.segmenter.train_settings import TrainSegmenterSettings


def train_segmenter_step(
    segmenter_dir: Path, images_dir: Path | None, masks_dir: Path | None, config: Config
) -> Step:
    """Train a segmenter on labelled and simulated fields into the folder ``segmenter_dir``."""
    from stages.segmenter.paths import TrainSegmenterInputs, TrainSegmenterOutputs
    from stages.segmenter.train import find_sources, find_start
    from stages.segmenter.train import run as train

    settings = config.settings("segmenter", TrainSegmenterSettings)
    sources = find_sources(images_dir, masks_dir, settings)
    outputs = TrainSegmenterOutputs(segmenter_dir)
    dependencies = {"fields": hash_json([[source.field_id, source.fingerprint] for source in sources])}
    if start := find_start(settings):
        dependencies["start"] = hash_file(start)
    return Step(
        stage="segmenter train",
        manifest=segmenter_dir / "train.json",
        settings=settings,
        inputs=dependencies,
        outputs=(outputs.weights_path,),
        run=lambda key, context: train(TrainSegmenterInputs(sources, key, start), outputs, settings, context),
        also_written=outputs.report_paths,
    )


def compare_step(a: str, b: str, images_dir: Path, compare_dir: Path, config: Config) -> Step:
    """Compare two segmenters, or folders of label images, on the fields of a folder."""
    from stages.segmenter.cell_sources import open_cell_source
    from stages.segmenter.compare import run as compare
    from stages.segmenter.paths import CompareInputs, CompareOutputs

    settings = config.settings("compare", CompareSettings)
    segmenting = config.settings("segment", SegmentSettings)
    fields = list_fields(images_dir, config)
    first, second = (open_cell_source(name, fields, segmenting) for name in (a, b))
    inputs, outputs = CompareInputs(first, second, fields), CompareOutputs(compare_dir)
    return Step(
        stage="segmenter compare",
        manifest=compare_dir / "compare.json",
        settings=settings,
        inputs={
            "images": fingerprint_fields(fields),
            "a": first.identity(),
            "b": second.identity(),
            "segment": hash_json(segmenting.of_result().model_dump(mode="json")),
        },
        outputs=(outputs.cells_path, outputs.summary_path, outputs.worst_path),
        run=lambda _, context: compare(inputs, outputs, settings, context),
    )
