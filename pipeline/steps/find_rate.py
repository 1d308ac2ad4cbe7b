"""The find-rate step: what it depends on, what it writes, and the call that runs it."""

from pathlib import Path

from data.labels.label_set import read_label_set
from pipeline.config.config import Config
from pipeline.runs.execute import Step
from pipeline.runs.fingerprints import find_given, fingerprint_given, hash_label_set
from pipeline.runs.manifest import hash_json
from pipeline.runs.requirements import require
from pipeline.runs.work_folder import WorkFolder
from pipeline.steps.train import claim_features, hash_start, require_classifier
from stages.find_rate.settings import FindRateSettings
from stages.stage import Context, StageReport
from stages.train.settings import TrainSettings


def find_rate_step(work: WorkFolder, labels: Path, after: bool, config: Config) -> Step:
    """Test a range of learning rates; ``after`` begins with the weights that were trained."""
    from stages.find_rate.paths import FindRateInputs, FindRateOutputs
    from stages.find_rate.run import run as find_rate

    recipe = config.settings("train", TrainSettings)
    given = find_given({"labels": labels})
    dependencies = {"crops": require(work, "crops", work.cells, work.tiles).output_key}
    dependencies |= fingerprint_given(given)
    if after:
        dependencies["train"] = require_classifier(work).output_key
        recipe = recipe.model_copy(update={"initial_weights": str(_first_classifier(work))})
    settings = config.settings("find_rate", FindRateSettings)
    dependencies |= {"recipe": hash_json(recipe.of_result().model_dump(mode="json"))} | hash_start(recipe)
    dependencies |= hash_label_set(read_label_set(recipe.label_set))
    inputs = FindRateInputs(tiles_path=work.tiles, cells_path=work.cells, labels_path=labels, recipe=recipe)
    outputs = FindRateOutputs(
        table_path=work.rate_table, picture_path=work.rate_picture, features_dir=work.frozen_features
    )

    def run(_: str, context: Context) -> StageReport:
        claim_features(work, recipe)
        return find_rate(inputs, outputs, settings, context)

    return Step(
        stage="find_rate",
        manifest=work.manifest("find_rate"),
        settings=settings,
        inputs=dependencies,
        outputs=(outputs.table_path, outputs.picture_path),
        run=run,
        given=given,
    )


def _first_classifier(work: WorkFolder) -> Path:
    from models.classifiers.ensemble.members import find_classifiers

    return find_classifiers(work.model)[0]
