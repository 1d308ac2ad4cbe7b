"""The evaluate step: what it depends on, what it writes, and the call that runs it."""

from pathlib import Path

from data.file_hash import hash_file
from pipeline.config.config import Config
from pipeline.runs.execute import Step
from pipeline.runs.manifest import read_manifest
from pipeline.runs.requirements import require
from pipeline.runs.work_folder import WorkFolder
from stages.evaluate.settings import EvaluateSettings


def evaluate_step(work: WorkFolder, labels: Path, predictions: Path | None, config: Config) -> Step:
    """Measure the work folder's predictions, or those in the file ``predictions``, against a label file."""
    from stages.evaluate.paths import EvaluateInputs, EvaluateOutputs
    from stages.evaluate.run import run as evaluate

    settings = config.settings("evaluate", EvaluateSettings)
    dependencies = {"crops": require(work, "crops", work.cells).output_key, "labels": hash_file(labels)}
    trained_on = False
    if predictions is None:
        dependencies["predict"] = require(
            work,
            "predict",
            work.predictions,
            otherwise=f"use it as it is with --predictions {work.predictions}",
        ).output_key
        trained = read_manifest(work.manifest("train"))
        trained_on = trained is not None and trained.inputs.get("labels") == dependencies["labels"]
    else:
        dependencies["predictions"] = hash_file(predictions)
    inputs = EvaluateInputs(
        predictions_path=predictions or work.predictions,
        cells_path=work.cells,
        labels_path=labels,
        trained_on=trained_on,
    )
    outputs = EvaluateOutputs(work.evaluate)
    return Step(
        stage="evaluate",
        manifest=work.manifest("evaluate"),
        settings=settings,
        inputs=dependencies,
        outputs=outputs.all_paths,
        run=lambda _, context: evaluate(inputs, outputs, settings, context),
    )
