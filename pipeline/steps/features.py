"""The step that analyses a classifier's neurons: what it depends on, what it writes, and its call."""

from pathlib import Path

from data.channels import CHANNELS
from data.file_hash import hash_file
from pipeline.config.config import Config
from pipeline.runs.execute import Step
from pipeline.runs.fingerprints import find_given, fingerprint_given
from pipeline.runs.manifest import hash_json
from pipeline.runs.requirements import require
from pipeline.runs.work_folder import WorkFolder
from pipeline.steps.train import GIVE_MODEL, require_classifier
from stages.features.settings import FeaturesSettings


def features_step(work: WorkFolder, labels: Path | None, model: Path | None, config: Config) -> Step:
    """Analyse the work folder's own classifier, or that of the folder ``model``, on the work folder's cells.

    Without a label file the classes of the cells are the predicted ones, which must be there.
    """
    from models.classifiers.backbones.subcell.names import parse_name
    from models.classifiers.bundled import find_classifier_folder
    from models.classifiers.ensemble.members import find_classifiers
    from models.classifiers.model_folder import DESCRIPTION, WEIGHTS
    from stages.features.paths import FeaturesInputs, FeaturesOutputs
    from stages.features.run import run as features

    settings = config.settings("features", FeaturesSettings)
    crops = require(work, "crops", work.cells, work.tiles)
    dependencies, given = {"crops": crops.output_key}, find_given({"labels": labels})
    if model is None:
        dependencies["train"] = require_classifier(work, instead=GIVE_MODEL).output_key
    else:
        if parse_name(str(model)) is not None:
            model = find_classifier_folder(model, crops.details.get("channels", CHANNELS))
        folders = find_classifiers(model)
        files = [path / name for path in folders for name in (WEIGHTS, DESCRIPTION)]
        given["model"] = lambda: hash_json([hash_file(path) for path in files])
        dependencies["model_folder"] = str(model)
    if labels is None:
        dependencies["predict"] = require(work, "predict", work.predictions).output_key
    else:
        dependencies["label_file"] = str(labels)
    inputs = FeaturesInputs(
        tiles_path=work.tiles,
        cells_path=work.cells,
        model_dir=model or work.model,
        predictions_path=work.predictions,
        labels_path=labels,
    )
    return Step(
        stage="features",
        manifest=work.manifest("features"),
        settings=settings,
        inputs=dependencies | fingerprint_given(given),
        outputs=(work.features,),
        run=lambda _, context: features(inputs, FeaturesOutputs(work.features), settings, context),
        given=given,
    )
