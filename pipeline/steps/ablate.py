"""The ablate step: what it depends on, what it writes, and the call that runs it."""

from pathlib import Path

from data.file_hash import hash_file
from pipeline.config.config import Config
from pipeline.runs.execute import Step
from pipeline.runs.manifest import hash_json
from pipeline.runs.work_folder import WorkFolder
from pipeline.steps.combine import find_predictions, read_sizes
from stages.ablate.settings import AblateSettings
from stages.combine.settings import CombineSettings


def ablate_step(work: WorkFolder, truth: Path, predictions: Path | None, config: Config) -> Step:
    """Score the work folder's predictions, or those in the file ``predictions``, under every rule."""
    from stages.ablate.paths import AblateInputs, AblateOutputs
    from stages.ablate.run import run as ablate

    combined = config.settings("combine", CombineSettings)
    settings = config.settings("ablate", AblateSettings)
    inputs = AblateInputs(
        cells_path=work.cells,
        predictions_path=predictions or work.predictions,
        truth_path=truth,
        combined=combined,
        pixel_sizes_um=read_sizes(work),
    )
    outputs = AblateOutputs(work.ablate / "rules.csv", work.ablate / "rules.png")
    return Step(
        stage="ablate",
        manifest=work.manifest("ablate"),
        settings=settings,
        inputs=find_predictions(work, predictions, combined)
        | {"truth": hash_file(truth), "combine": hash_json(combined.model_dump(mode="json"))},
        outputs=(outputs.table_path, outputs.picture_path),
        run=lambda _, context: ablate(inputs, outputs, settings, context),
    )
