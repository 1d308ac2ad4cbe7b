"""The predict step: what it depends on, what it writes, and the call that runs it."""

import logging
from collections.abc import Sequence
from pathlib import Path

from data.channels import CHANNELS
from data.errors import InputError
from data.file_hash import hash_file
from pipeline.config.config import Config
from pipeline.runs.execute import Step
from pipeline.runs.manifest import hash_json
from pipeline.runs.requirements import require
from pipeline.runs.work_folder import WorkFolder
from pipeline.shards.folders import find_shard, find_whole
from pipeline.steps.train import GIVE_MODEL, require_classifier
from stages.predict.settings import PredictSettings
from stages.stage import Context, StageReport

log = logging.getLogger("hpacells")


def predict_step(work: WorkFolder, models: Sequence[Path] | None, config: Config) -> Step:
    """Predict every cell with the work folder's own classifier, or with ``models``: folders or names."""
    from models.classifiers.backbones.settings import describe_patches
    from models.classifiers.bundled import BUNDLED, name_bundled
    from models.classifiers.descriptions import read_backbones
    from stages.predict.paths import PredictInputs, PredictOutputs

    settings = config.settings("predict", PredictSettings)
    if find_shard(work.root) is not None:
        _refuse_calibration(settings)
        models = models or [_find_trained(find_whole(work.root))]
    otherwise = f"use it as it is with --model {work.model}"
    trained = None if models else require_classifier(work, otherwise=otherwise, instead=GIVE_MODEL)
    crops = require(work, "crops", work.cells, work.tiles)
    if trained is None:
        from models.classifiers.ensemble.members import find_classifiers

        channels = crops.details.get("channels", CHANNELS)
        folders = [folder for model in models or () for folder in find_classifiers(model, channels)]
        dependencies = {"model": hash_model(folders)}
    else:
        folders = [work.model]
        dependencies = {"train": trained.output_key, "model": hash_model([work.model])}
    dependencies |= describe_patches(read_backbones(folders))

    def run(key: str, context: Context) -> StageReport:
        # Loads torch, for which work that is done already must not wait.
        from stages.predict.run import run as predict

        for name in filter(None, map(name_bundled, folders)):
            log.warning("the classifier %s comes with hpacells: %s", name, BUNDLED[name])
        inputs = PredictInputs(work.tiles, work.cells, folders, key)
        return predict(inputs, PredictOutputs(work.predictions), settings, context)

    return Step(
        stage="predict",
        manifest=work.manifest("predict"),
        settings=settings,
        inputs={"crops": crops.output_key} | dependencies,
        outputs=(work.predictions,),
        run=run,
        # One of a shard is that of all, which may be trained again meanwhile.
        given={"model": lambda: hash_model(folders)},
    )


def _refuse_calibration(settings: PredictSettings) -> None:
    """Refuse to calibrate a network on the cells of a shard, which would make its predictions others."""
    if settings.runtime.endswith("int8"):
        raise InputError(
            found=f"{settings.runtime}, which is calibrated on the cells that are predicted",
            where="setting predict.runtime",
            expected="another runtime in a shard, whose cells are only some of all",
            advice="leave it out, or predict after `hpacells merge`",
        )


def _find_trained(whole: Path) -> Path:
    """Return the classifier that was trained in the work folder of all shards."""
    require_classifier(WorkFolder(whole), otherwise=GIVE_MODEL, instead=GIVE_MODEL)
    return WorkFolder(whole).model


def hash_model(folders: Sequence[Path]) -> str:
    """Hash weights and descriptions of the classifiers in some folders, folds included."""
    files = [
        path
        for folder in folders
        for pattern in ("model.*", "fold-*/model.*")
        for path in sorted(folder.glob(pattern))
        if path.name in ("model.safetensors", "model.toml")
    ]
    return hash_json([hash_file(path) for path in files])
