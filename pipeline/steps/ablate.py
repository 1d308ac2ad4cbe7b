"""The ablate step: what it depends on, what it writes, and the call that runs it."""

import logging
from pathlib import Path

from data.errors import InputError
from data.file_hash import hash_file
from pipeline.config.config import Config
from pipeline.runs.execute import Step
from pipeline.runs.fingerprints import find_given, fingerprint_given
from pipeline.runs.manifest import hash_json
from pipeline.runs.work_folder import WorkFolder
from pipeline.steps.combine import PREDICTIONS, find_image_predictions, find_predictions, read_sizes
from stages.ablate.settings import AblateSettings
from stages.combine.settings import CombineSettings

log = logging.getLogger("hpacells")


def ablate_step(work: WorkFolder, truth: Path, predictions: Path | None, config: Config) -> Step:
    """Score the work folder's predictions, or those in the file ``predictions``, under every rule."""
    from stages.ablate.paths import AblateInputs, AblateOutputs
    from stages.ablate.run import run as ablate

    combined = config.settings("combine", CombineSettings)
    settings = config.settings("ablate", AblateSettings)
    dependencies = find_predictions(work, predictions, combined)
    needed = combined.rules.image.statistic == "classifier"
    images = None
    # Every rule is tried, also those of a classifier of fields where it has predicted.
    if needed or work.fields.manifest("predict").exists():
        try:
            images = find_image_predictions(work)
            dependencies["image predictions"] = hash_file(images)
        except InputError as error:
            if needed:
                raise
            log.warning("ablate: without the rules that need a classifier of whole fields: %s", error)
    inputs = AblateInputs(
        cells_path=work.cells,
        predictions_path=predictions or work.predictions,
        truth_path=truth,
        combined=combined,
        image_predictions_path=images,
        pixel_sizes_um=read_sizes(work),
    )
    outputs = AblateOutputs(work.ablate / "rules.csv", work.ablate / "rules.png")
    given = find_given({"truth": truth, PREDICTIONS: predictions})
    return Step(
        stage="ablate",
        manifest=work.manifest("ablate"),
        settings=settings,
        inputs=dependencies
        | fingerprint_given(given)
        | {"combine": hash_json(combined.model_dump(mode="json"))},
        outputs=(outputs.table_path, outputs.picture_path),
        run=lambda _, context: ablate(inputs, outputs, settings, context),
        given=given,
    )
