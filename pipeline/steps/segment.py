"""The segment step: what it depends on, what it writes, and the call that runs it."""

from pathlib import Path

from data.fields.field import find_fields
from pipeline.config.config import Config
from pipeline.runs.execute import Step
from pipeline.runs.fingerprints import fingerprint_fields
from pipeline.runs.work_folder import WorkFolder
from stages.stage import Context, StageReport


def segment_step(work: WorkFolder, images: Path, config: Config) -> Step:
    """Segment the fields of the folder ``images``."""
    from stages.segment import run as segment

    settings = config.settings("segment", segment.SegmentSettings)
    fields = find_fields(images)
    segmenter = segment.make_segmenter(fields, settings)

    def run(_: str, context: Context) -> StageReport:
        report = segment.run(images, work.masks, work.cells, work.images, settings, context, segmenter)
        report.details["images"] = str(images.resolve())
        return report

    return Step(
        stage="segment",
        manifest=work.manifest("segment"),
        settings=settings,
        inputs={"images": fingerprint_fields(fields), "segmenter": segmenter.identity()},
        outputs=(work.masks, work.images),
        run=run,
        also_written=(work.cells,),
    )
