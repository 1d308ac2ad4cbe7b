"""The segment step: what it depends on, what it writes, and the call that runs it."""

from collections.abc import Sequence
from pathlib import Path

from data.fields.field import Field
from data.fields.image_settings import ImageSettings
from pipeline.config.config import Config
from pipeline.runs.execute import Step
from pipeline.runs.fingerprints import fingerprint_fields
from pipeline.runs.work_folder import WorkFolder
from stages.segment.settings import SegmentSettings
from stages.stage import Context, StageReport


def segment_step(work: WorkFolder, images_dir: Path, fields: Sequence[Field], config: Config) -> Step:
    """Segment fields, which lie in the folder ``images_dir``."""
    from stages.segment.paths import SegmentInputs, SegmentOutputs
    from stages.segment.run import run as segment
    from stages.segment.segmenter_choice import explain_choice, make_segmenter

    settings = config.settings("segment", SegmentSettings)
    image_settings = config.settings("images", ImageSettings).model_dump(mode="json")
    inputs = SegmentInputs(fields, make_segmenter(fields, settings), explain_choice(fields, settings))
    outputs = SegmentOutputs(masks_dir=work.masks, cells_path=work.cells, images_table_path=work.images)

    def run(_: str, context: Context) -> StageReport:
        report = segment(inputs, outputs, settings, context)
        report.details |= {"images": str(images_dir.resolve()), "image_settings": image_settings}
        return report

    return Step(
        stage="segment",
        manifest=work.manifest("segment"),
        settings=settings,
        inputs={"images": fingerprint_fields(fields), "segmenter": inputs.segmenter.identity()},
        outputs=(work.masks, work.images),
        run=run,
        also_written=(work.cells,),
    )
