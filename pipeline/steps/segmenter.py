"""The steps that make and compare segmenters: what each depends on, what it writes, and its call."""

from pathlib import Path

from data.fields.field import find_fields
from pipeline.config.config import Config
from pipeline.runs.execute import Step
from pipeline.runs.fingerprints import fingerprint_fields
from pipeline.runs.manifest import hash_json


def train_segmenter_step(out: Path, images: Path | None, masks: Path | None, config: Config) -> Step:
    """Train a segmenter on labelled and simulated fields into the folder ``out``."""
    from stages.segmenter import train as train_segmenter

    settings = config.settings("segmenter", train_segmenter.TrainSegmenterSettings)
    sources = train_segmenter.find_sources(images, masks, settings)
    return Step(
        stage="segmenter train",
        manifest=out / "train.json",
        settings=settings,
        inputs={"fields": hash_json([[source.field_id, source.fingerprint] for source in sources])},
        outputs=(out / train_segmenter.WEIGHTS_FILE,),
        run=lambda key, context: train_segmenter.run(sources, out, key, settings, context),
        also_written=tuple(out / name for name in train_segmenter.REPORT_FILES),
    )


def compare_step(a: str, b: str, images: Path, output: Path, config: Config) -> Step:
    """Compare two segmenters, or folders of label images, on the fields of a folder."""
    from stages.segment import run as segment
    from stages.segmenter import cell_sources, compare

    settings = config.settings("compare", compare.CompareSettings)
    segmenting = config.settings("segment", segment.SegmentSettings)
    fields = find_fields(images)
    first, second = (cell_sources.open_cell_source(name, fields, segmenting) for name in (a, b))
    return Step(
        stage="segmenter compare",
        manifest=output / "compare.json",
        settings=settings,
        inputs={
            "images": fingerprint_fields(fields),
            "a": first.identity(),
            "b": second.identity(),
            "segment": hash_json(segmenting.of_result().model_dump(mode="json")),
        },
        outputs=tuple(output / name for name in ("cells.csv", "summary.json", "worst.png")),
        run=lambda _, context: compare.run(first, second, fields, output, settings, context),
    )
