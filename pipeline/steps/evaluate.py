"""The evaluate step: what it depends on, what it writes, and the call that runs it."""

from pathlib import Path

from pipeline.config.config import Config
from pipeline.runs.execute import Step
from pipeline.runs.fingerprints import find_given, fingerprint_given
from pipeline.runs.manifest import read_manifest
from pipeline.runs.requirements import require
from pipeline.runs.work_folder import WorkFolder
from stages.evaluate.settings import EvaluateSettings

_CORRECTED = ("corrected cells", "corrected cells left out")
"""Counts of a training that had corrections."""


def evaluate_step(
    work: WorkFolder, labels: Path, predictions: Path | None, config: Config, corrections: Path | None = None
) -> Step:
    """Measure the work folder's predictions, or those in the file ``predictions``, against a label file.

    Cells of which the file ``corrections`` says something are measured against that.
    """
    from stages.evaluate.paths import EvaluateInputs, EvaluateOutputs
    from stages.evaluate.run import run as evaluate

    settings = config.settings("evaluate", EvaluateSettings)
    given = find_given({"labels": labels, "corrections": corrections, "predictions": predictions})
    dependencies = {"crops": require(work, "crops", work.cells).output_key}
    dependencies |= fingerprint_given(given)
    trained_on, corrected = False, 0
    if predictions is None:
        dependencies["predict"] = require(
            work,
            "predict",
            work.predictions,
            otherwise=f"use it as it is with --predictions {work.predictions}",
        ).output_key
        trained = read_manifest(work.manifest("train"))
        trained_on = trained is not None and trained.inputs.get("labels") == dependencies["labels"]
        if trained is not None and corrections is None:
            corrected = int(sum(trained.counts.get(name, 0) for name in _CORRECTED))
    inputs = EvaluateInputs(
        predictions_path=predictions or work.predictions,
        cells_path=work.cells,
        labels_path=labels,
        trained_on=trained_on,
        corrections_path=corrections,
        corrected_in_training=corrected,
    )
    outputs = EvaluateOutputs(work.evaluate)
    return Step(
        stage="evaluate",
        manifest=work.manifest("evaluate"),
        settings=settings,
        inputs=dependencies,
        outputs=outputs.all_paths,
        run=lambda _, context: evaluate(inputs, outputs, settings, context),
        given=given,
    )
