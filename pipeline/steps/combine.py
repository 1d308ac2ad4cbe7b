"""The combine step: what it depends on, what it writes, and the call that runs it."""

from pathlib import Path

from data.file_hash import hash_file
from pipeline.config.config import Config
from pipeline.runs.execute import Step, require
from pipeline.runs.work_folder import WorkFolder
from stages.combine.settings import CombineSettings
from stages.stage import Context, StageReport


def combine_step(work: WorkFolder, output: Path, config: Config) -> Step:
    """Combine masks and predictions into a submission."""
    from stages.combine.paths import CombineInputs, CombineOutputs
    from stages.combine.run import run as combine

    settings = config.settings("combine", CombineSettings)
    inputs = CombineInputs(
        cells_path=work.cells, predictions_path=work.predictions, images_table_path=work.images
    )

    def run(_: str, context: Context) -> StageReport:
        report = combine(inputs, CombineOutputs(output), settings, context)
        report.details["submission"] = hash_file(output)
        return report

    return Step(
        stage="combine",
        manifest=work.manifest("combine"),
        settings=settings,
        inputs={"predict": require(work, "predict").output_key},
        outputs=(output,),
        run=run,
    )
