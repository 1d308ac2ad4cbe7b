"""The combine step: what it depends on, what it writes, and the call that runs it."""

from pathlib import Path

from pipeline.config.config import Config
from pipeline.runs.execute import Step, require
from pipeline.runs.manifest import hash_file
from pipeline.runs.work_folder import WorkFolder
from stages.stage import Context, StageReport


def combine_step(work: WorkFolder, output: Path, config: Config) -> Step:
    """Combine masks and predictions into a submission."""
    from stages.combine import run as combine

    settings = config.settings("combine", combine.CombineSettings)

    def run(_: str, context: Context) -> StageReport:
        report = combine.run(work.cells, work.predictions, output, settings, context, images=work.images)
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
