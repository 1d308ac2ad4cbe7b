"""The distil step: what it depends on, what it writes, and the call that runs it."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from data.errors import InputError
from data.file_hash import hash_file
from data.labels.label_set import read_label_set
from models.classifiers.fold_folders import list_folds
from pipeline.config.config import Config
from pipeline.runs.execute import Step
from pipeline.runs.fingerprints import find_given, hash_label_set
from pipeline.runs.manifest import Manifest, hash_json, read_manifest
from pipeline.runs.recorded_classifiers import find_recorded
from pipeline.runs.requirements import require
from pipeline.runs.work_folder import WorkFolder
from pipeline.steps.predict import hash_model
from pipeline.steps.train import hash_start
from stages.distil.paths import TaughtFolder
from stages.distil.settings import DistilSettings
from stages.stage import Context, StageReport
from stages.train.settings import TrainSettings

log = logging.getLogger("hpacells")

SYMMETRIES = 8
"""Symmetries of the square, over which a classifier averages with test-time augmentation."""


@dataclass(frozen=True)
class _Taught:
    """A work folder with the predictions of a teacher, and the stages that made it."""

    work: WorkFolder
    crops: Manifest
    predict: Manifest
    folder: TaughtFolder


def distil_step(works: Sequence[WorkFolder], labels: Path | None, config: Config) -> Step:
    """Train one network on the predictions of some work folders, into the first of them.

    Raises
    ------
    InputError
        Predictions are missing, damaged or of other tiles.
    """
    from stages.distil.paths import DistilInputs, DistilOutputs

    settings, recipe = config.settings("distil", DistilSettings), config.settings("train", TrainSettings)
    taught = [_read_taught(work) for work in works]
    first = taught[0]
    _check_teachers(taught, first.work.student)
    teachers = _find_teachers(first)
    student = first.work.student
    inputs = DistilInputs(
        taught=[one.folder for one in taught],
        recipe=recipe,
        teacher_dirs=teachers,
        labels_path=labels,
        passes=_count_passes(teachers, first.predict),
    )

    def run(_: str, context: Context) -> StageReport:
        # Loads torch, for which work that is done already must not wait.
        from stages.distil.run import run as distil

        return distil(inputs, DistilOutputs(student), settings, context)

    return Step(
        stage="distil",
        manifest=first.work.manifest("distil"),
        settings=settings,
        inputs=_list_dependencies(taught, labels, recipe, teachers),
        outputs=tuple(student / name for name in ("model.safetensors", "model.toml", "metrics.csv")),
        run=run,
        also_written=(student / "curves.png",),
        given=find_given({"labels": labels}),
    )


def _read_taught(work: WorkFolder) -> _Taught:
    crops = require(work, "crops", work.cells, work.tiles)
    predict = require(work, "predict", work.predictions)
    out_of_fold, weight = _find_out_of_fold(work, predict)
    folder = TaughtFolder(work.tiles, work.cells, work.predictions, out_of_fold, weight)
    return _Taught(work, crops, predict, folder)


def _find_teachers(taught: _Taught) -> Sequence[Path]:
    """Return the folders of the networks that made some predictions; none where they are not as they were."""
    from models.classifiers.ensemble.members import find_classifiers

    work = taught.work
    if _is_own_teacher(work, taught.predict):
        return find_classifiers(work.model)
    recorded = find_recorded(work, taught.predict)
    if recorded.note:
        log.info("the networks of the teacher are %s: only their predictions are used", recorded.note)
    return recorded.folders if recorded.weights else ()


def _is_own_teacher(work: WorkFolder, predict: Manifest) -> bool:
    """Return whether predictions were made by the classifiers that are in the work folder."""
    own = [work.model], list_folds(work.model)
    return predict.inputs.get("model") in [hash_model(folders) for folders in own if folders]


def _find_out_of_fold(work: WorkFolder, predict: Manifest) -> tuple[Path | None, float]:
    """Return the out-of-fold predictions of a work folder, if its own classifiers are the teacher.

    Returns
    -------
    tuple
        Their path or None, and the weight of the image's mean in them.

    Raises
    ------
    InputError
        They were changed, or are those of other tiles.
    """
    trained = read_manifest(work.manifest("train"))
    if trained is None or not _is_own_teacher(work, predict):
        return None, 0.0
    written = [work.root / name for name in trained.outputs]
    found = [path for path in (work.out_of_fold, work.soft_out_of_fold) if path in written and path.is_file()]
    weight = float(trained.settings.get("image_weight", 0.0))
    if not found:
        return None, 0.0
    if weight >= 1:
        log.info("%s is not used: it has the means of images alone", found[0])
        return None, 0.0
    require(work, "train", found[0])
    return found[0], weight


def _check_teachers(taught: Sequence[_Taught], student: Path) -> None:
    """Refuse predictions of the student itself, and warn of those of different teachers."""
    first = taught[0]
    for one in taught:
        folders = find_recorded(one.work, one.predict).folders
        if student.resolve() in [folder.resolve() for folder in folders]:
            raise InputError(
                found="predictions of the student itself",
                where=one.work.predictions,
                expected="those of the networks that it is to learn from",
                advice="run `hpacells predict` with these again first, then distil",
            )
        if one.predict.inputs.get("model") != first.predict.inputs.get("model"):
            log.warning(
                "%s and %s were predicted by different classifiers: the student learns from both",
                first.work.predictions,
                one.work.predictions,
            )


def _count_passes(teachers: Sequence[Path], predict: Manifest) -> int:
    """Count how often the networks of a teacher saw each cell."""
    if not teachers:
        return 0
    from models.classifiers.model_folder import read_architecture

    asked = predict.settings.get("test_time_augmentation", "auto")
    return sum(
        SYMMETRIES if (read_architecture(folder).test_time_augmentation if asked == "auto" else asked) else 1
        for folder in teachers
    )


def _list_dependencies(
    taught: Sequence[_Taught], labels: Path | None, recipe: TrainSettings, teachers: Sequence[Path]
) -> dict[str, str]:
    """Return everything but the settings that a student depends on, by its name in the manifest."""
    first, others = taught[0], taught[1:]
    named = {"crops": first.crops.output_key, "predict": first.predict.output_key}
    if others:
        named["others"] = hash_json(
            [[one.crops.output_key, one.predict.output_key, _hash(one)] for one in others]
        )
    named |= {"out_of_fold": _hash(first)} if _hash(first) else {}
    named |= {"labels": hash_file(labels)} if labels is not None else {}
    named["recipe"] = hash_json(recipe.of_result().model_dump(mode="json"))
    # Of the teacher the predictions say which it is; whether its networks are still there decides the start.
    named["teacher"] = hash_json([hash_file(folder / "model.safetensors") for folder in teachers])
    return named | hash_start(recipe) | hash_label_set(read_label_set(recipe.label_set))


def _hash(one: _Taught) -> str:
    path = one.folder.out_of_fold_path
    return "" if path is None else hash_file(path)
