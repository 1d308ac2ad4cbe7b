"""The evaluate step: what it depends on, what it writes, and the call that runs it."""

from pathlib import Path

from pipeline.config.config import Config
from pipeline.runs.execute import Step, require
from pipeline.runs.manifest import hash_file, read_manifest
from pipeline.runs.work_folder import WorkFolder


def evaluate_step(work: WorkFolder, labels: Path, predictions: Path | None, config: Config) -> Step:
    """Measure the work folder's predictions, or those in the file ``predictions``, against a label file."""
    from stages.evaluate import run as evaluate

    settings = config.settings("evaluate", evaluate.EvaluateSettings)
    inputs = {"crops": require(work, "crops").output_key, "labels": hash_file(labels)}
    trained_on = False
    if predictions is None:
        inputs["predict"] = require(work, "predict").output_key
        trained = read_manifest(work.manifest("train"))
        trained_on = trained is not None and trained.inputs.get("labels") == inputs["labels"]
    else:
        inputs["predictions"] = hash_file(predictions)
    source = predictions or work.predictions
    return Step(
        stage="evaluate",
        manifest=work.manifest("evaluate"),
        settings=settings,
        inputs=inputs,
        outputs=tuple(work.quality / name for name in evaluate.FILES),
        run=lambda _, context: evaluate.run(
            source, work.cells, labels, work.quality, settings, context, trained_on=trained_on
        ),
    )
