"""The steps of training: finding a learning rate, and training."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from data.atomic import atomic_write
from data.errors import InputError
from data.labels.label_set import read_label_set
from pipeline.config.config import Config
from pipeline.engines.torchrun import is_follower
from pipeline.runs.execute import Step, require
from pipeline.runs.fingerprints import hash_label_set
from pipeline.runs.manifest import hash_file, hash_json
from pipeline.runs.work_folder import WorkFolder

if TYPE_CHECKING:
    from stages.train.settings import TrainSettings

OUT_OF_FOLD = "oof"
"""In place of a label file: that of the last training of all folds, softened by what its classifiers say."""


def train_step(work: WorkFolder, labels: str | Path, config: Config) -> Step:
    """Train a classifier, or one for each fold, on the tiles and a label file.

    Raises
    ------
    InputError
        The labels are to be softened, but no earlier training of all folds on these cells tells how.
    """
    from models.classifiers.fold_folders import fold_folder
    from stages.train import run as train
    from stages.train.settings import ALL_FOLDS, TrainSettings

    settings = config.settings("train", TrainSettings)
    softened = str(labels) == OUT_OF_FOLD
    crops = require(work, "crops").output_key
    label_file = _softened_labels(work, crops) if softened else Path(labels)
    inputs = {"crops": crops, "labels": hash_file(label_file)} | hash_start(settings)
    inputs |= hash_label_set(read_label_set(settings.label_set))
    if softened:
        inputs["out_of_fold"] = hash_file(work.out_of_fold)
    # Of all folds too: where none can hold out an image, there is one classifier.
    folders = [work.model]
    out_of_fold = work.soft_out_of_fold if softened else work.out_of_fold
    in_folds = settings.split.fold == ALL_FOLDS
    if in_folds:
        folders += [fold_folder(work.model, fold) for fold in range(settings.split.folds)]

    def run(_: str, context):  # noqa: ANN001, ANN202 (a stage's types are loaded with the stage)
        report = train.run(
            work.tiles,
            work.cells,
            label_file,
            work.model,
            settings,
            context,
            soft=work.out_of_fold if softened else None,
            out_of_fold=out_of_fold,
        )
        if in_folds and not softened and not is_follower():
            _record_labels(work, crops, label_file)
        return report

    return Step(
        stage="train",
        manifest=work.manifest("train"),
        settings=settings,
        inputs=inputs,
        outputs=tuple(folder / name for folder in folders for name in ("model.safetensors", "model.toml"))
        + ((out_of_fold,) if in_folds else ()),
        run=run,
    )


def find_rate_step(work: WorkFolder, labels: Path, after: bool, config: Config) -> Step:
    """Test a range of learning rates; ``after`` begins with the weights that were trained."""
    from stages.find_rate import run as find_rate
    from stages.train.settings import TrainSettings

    recipe = config.settings("train", TrainSettings)
    inputs = {"crops": require(work, "crops").output_key, "labels": hash_file(labels)}
    if after:
        inputs["train"] = require(work, "train").output_key
        recipe = recipe.model_copy(update={"start": str(_first_classifier(work))})
    settings = config.settings("find_rate", find_rate.FindRateSettings)
    inputs |= {"recipe": hash_json(recipe.of_result().model_dump(mode="json"))} | hash_start(recipe)
    inputs |= hash_label_set(read_label_set(recipe.label_set))
    files = find_rate.RateFiles(work.rate_table, work.rate_picture)
    return Step(
        stage="find_rate",
        manifest=work.manifest("find_rate"),
        settings=settings,
        inputs=inputs,
        outputs=(files.table, files.picture),
        run=lambda _, context: find_rate.run(
            work.tiles, work.cells, labels, files, settings, recipe, context
        ),
    )


def _first_classifier(work: WorkFolder) -> Path:
    from models.classifiers.ensemble import find_classifiers

    return find_classifiers(work.model)[0]


def hash_start(settings: "TrainSettings") -> dict[str, str]:
    """Hash the weights that a training starts from, as inputs of its step; empty where it names none."""
    from models.classifiers.bundled import find_classifier_folder

    return (
        {"start": hash_file(find_classifier_folder(settings.start) / "model.safetensors")}
        if settings.start
        else {}
    )


def _record_labels(work: WorkFolder, crops: str, labels: Path) -> None:
    """Write what the out-of-fold predictions were made from; the training's own manifest does not last."""
    if not work.out_of_fold.is_file():
        work.out_of_fold_record.unlink(missing_ok=True)
        return
    record = {"labels": str(labels.resolve()), "crops": crops, "predictions": hash_file(work.out_of_fold)}
    with atomic_write(work.out_of_fold_record) as temporary:
        temporary.write_text(json.dumps(record, indent=2) + "\n")


def _softened_labels(work: WorkFolder, crops: str) -> Path:
    """Give the label file of the training that wrote the out-of-fold predictions."""
    try:
        record = json.loads(work.out_of_fold_record.read_text())
        finished = record["predictions"] == hash_file(work.out_of_fold)
    except (OSError, ValueError, KeyError, InputError):
        record, finished = {}, False
    if not finished or record["crops"] != crops:
        raise InputError(
            found="out-of-fold predictions of other tiles" if finished else "no out-of-fold predictions",
            where=work.out_of_fold,
            expected="those of a training of all folds, with images to hold out, on today's tiles",
            advice="train with --set train.split.fold=all and a label file first",
        )
    return Path(record["labels"])
