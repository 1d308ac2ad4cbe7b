"""The train step: what it depends on, what it writes, and the call that runs it."""

import json
from pathlib import Path

from data.atomic import atomic_write
from data.errors import InputError
from data.file_hash import hash_file
from data.labels.label_set import read_label_set
from models.classifiers.backbones.settings import describe_patches
from pipeline.config.config import Config
from pipeline.engines.torchrun import is_follower
from pipeline.runs.execute import Step
from pipeline.runs.fingerprints import find_given, fingerprint_given, hash_label_set
from pipeline.runs.manifest import Manifest, read_manifest
from pipeline.runs.outputs.written_files import claim_outputs
from pipeline.runs.requirements import require
from pipeline.runs.work_folder import WorkFolder
from stages.stage import Context, StageReport
from stages.train.settings import ALL_FOLDS, TrainSettings

OUT_OF_FOLD = "oof"
"""In place of a label file: that of the last training of all folds, softened by what its classifiers say."""

GIVE_MODEL = "give a classifier with --model, such as the bundled simhpa19"
"""What a command that needs a classifier advises where the work folder has none."""

_CLASSIFIER = ("model.safetensors", "model.toml")


def train_step(work: WorkFolder, labels: str | Path, config: Config, corrections: Path | None = None) -> Step:
    """Train a classifier, or one for each fold, on the tiles, a label file and corrections of single cells.

    Raises
    ------
    InputError
        The labels are to be softened, but no earlier training of all folds on these cells tells how.
    """
    from models.classifiers.fold_folders import fold_folder
    from stages.train.paths import TrainInputs, TrainOutputs

    settings = config.settings("train", TrainSettings)
    softened = str(labels) == OUT_OF_FOLD
    crops = require(work, "crops", work.cells, work.tiles).output_key
    label_file = _softened_labels(work, crops) if softened else Path(labels)
    given = find_given({"labels": label_file, "corrections": corrections})
    dependencies = {"crops": crops} | fingerprint_given(given) | hash_start(settings)
    dependencies |= hash_label_set(read_label_set(settings.label_set))
    dependencies |= describe_patches([settings.backbone.name])
    if softened:
        dependencies["out_of_fold"] = hash_file(work.out_of_fold)
    # Of all folds too: where none can hold out an image, there is one classifier.
    folders = [work.model]
    out_of_fold = work.soft_out_of_fold if softened else work.out_of_fold
    in_folds = settings.split.fold == ALL_FOLDS
    if in_folds:
        folders += [fold_folder(work.model, fold) for fold in range(settings.split.folds)]
    inputs = TrainInputs(
        tiles_path=work.tiles,
        cells_path=work.cells,
        labels_path=label_file,
        soft_labels_path=work.out_of_fold if softened else None,
        corrections_path=corrections,
    )
    outputs = TrainOutputs(
        model_dir=work.model, out_of_fold_path=out_of_fold, features_dir=work.frozen_features
    )

    def run(_: str, context: Context) -> StageReport:
        # Loads torch, for which work that is done already must not wait.
        from stages.train.run import run as train

        claim_features(work, settings)
        report = train(inputs, outputs, settings, context)
        if in_folds and not softened and not is_follower():
            _record_labels(work, crops, label_file)
        return report

    return Step(
        stage="train",
        manifest=work.manifest("train"),
        settings=settings,
        inputs=dependencies,
        outputs=tuple(folder / name for folder in folders for name in (*_CLASSIFIER, "metrics.csv"))
        + ((out_of_fold,) if in_folds else ())
        + ((work.out_of_fold_record,) if in_folds and not softened else ()),
        run=run,
        also_written=tuple(folder / name for folder in folders for name in ("metrics.csv", "curves.png"))
        + ((work.out_of_fold_record,) if in_folds and not softened else ()),
        given=given,
    )


def find_training_unit(config: Config) -> int | None:
    """Return the side in px of the fields that are trained on; None where cells are."""
    settings = config.settings("train", TrainSettings)
    return settings.field_px if settings.unit == "field" else None


def require_classifier(work: WorkFolder, otherwise: str = "", instead: str = "") -> Manifest:
    """Return the manifest of the training, having checked that the classifiers that it wrote are whole.

    Raises
    ------
    InputError
        As `require` does.
    """
    trained = read_manifest(work.manifest("train"))
    names = [] if trained is None else trained.outputs
    # Without the metrics: nothing but their curves needs these.
    files = [work.root / name for name in names if Path(name).name in _CLASSIFIER]
    return require(work, "train", *files, otherwise=otherwise, instead=instead)


def claim_features(work: WorkFolder, settings: TrainSettings) -> None:
    """Note that features may be kept in the work folder, unless something else lies there.

    They are no output of the step: an interrupted training may add some, and leave the earlier one whole.

    Raises
    ------
    InputError
        There is something that hpacells did not write.
    """
    if settings.backbone.frozen == "all" and settings.cache_features != "never" and not is_follower():
        claim_outputs("train", work.root, (work.frozen_features,), is_at_work=True)


def hash_start(settings: TrainSettings) -> dict[str, str]:
    """Hash the weights that a training starts from, as inputs of its step; empty where it names none."""
    from models.classifiers.backbones.settings import SUBCELL_CHANNELS
    from models.classifiers.backbones.subcell.store import PRETRAINED, require_pretrained
    from models.classifiers.bundled import find_classifier_folder

    folders: dict[str, Path] = {}
    if settings.initial_weights:
        folders["start"] = find_classifier_folder(settings.initial_weights)
    if settings.backbone.pretrained in PRETRAINED and settings.backbone.name in SUBCELL_CHANNELS:
        folders["pretrained"] = require_pretrained(settings.backbone.name, settings.backbone.pretrained)
    return {name: hash_file(folder / "model.safetensors") for name, folder in folders.items()}


def _record_labels(work: WorkFolder, crops: str, labels: Path) -> None:
    """Write what the out-of-fold predictions were made from; the training's own manifest does not last."""
    if not work.out_of_fold.is_file():
        work.out_of_fold_record.unlink(missing_ok=True)
        return
    record = {"labels": str(labels.resolve()), "crops": crops, "predictions": hash_file(work.out_of_fold)}
    with atomic_write(work.out_of_fold_record) as temporary:
        temporary.write_text(json.dumps(record, indent=2) + "\n")


def _softened_labels(work: WorkFolder, crops: str) -> Path:
    """Return the label file of the training that wrote the out-of-fold predictions."""
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
