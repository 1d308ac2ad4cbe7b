"""The step that writes the report: what it depends on, what it writes, and its call."""

from collections.abc import Sequence
from pathlib import Path

from data.errors import InputError
from data.fields.field import Field
from data.file_hash import hash_file
from data.labels.label_set import LabelSet, read_label_set
from data.storage.images import locate_images
from pipeline.config.config import Config
from pipeline.runs.execute import Step
from pipeline.runs.manifest import Manifest, read_manifest
from pipeline.runs.recorded_classifiers import find_recorded
from pipeline.runs.requirements import require, require_cells
from pipeline.runs.work_folder import WorkFolder
from pipeline.steps.combine import PREDICTIONS
from pipeline.steps.images import list_segmented
from pipeline.steps.run_record import hash_shown, record_run
from stages.inspect.paths import PredictedBy
from stages.inspect.settings import InspectSettings
from stages.stage import Context, StageReport


def inspect_step(
    work: WorkFolder,
    labels: Path | None,
    config: Config,
    fields: Sequence[Field] | None = None,
    queue: str | None = None,
) -> Step:
    """Write the HTML report of a work folder, of fields or of pre-cropped cells.

    Parameters
    ----------
    work
        The folder.
    labels
        Label file of its images, to be shown beside what was predicted; None for the labels in the index of
        pre-cropped cells, where it has any.
    config
        Settings.
    fields
        The fields that were segmented; by default they are found again when the report is written.
    queue
        The class by which cells are ordered for labelling, "rare" for all, or None.
    """
    crops = read_manifest(work.manifest("crops"))
    if crops is not None and "index" in crops.inputs:
        return _inspect_precropped_step(work, labels, config, queue)
    return _inspect_fields_step(work, labels, config, fields, queue)


def _inspect_fields_step(
    work: WorkFolder,
    labels: Path | None,
    config: Config,
    fields: Sequence[Field] | None,
    queue: str | None,
) -> Step:
    from stages.inspect.paths import InspectInputs, InspectOutputs
    from stages.inspect.run import run as inspect

    settings = config.settings("inspect", InspectSettings)
    segmented = require(work, "segment", work.masks)
    require_cells(work, work.tiles)
    combined = require(work, "combine")
    predictions = _named_predictions(work, combined)
    predicted = None if predictions else require(work, "predict", work.predictions)
    classifier, limits = _classifier_of(predicted) if predicted else (str(predictions), "")
    scores = _scores_of(work)
    predicted_by = _find_attending(work, predicted, settings)

    def run(_: str, context: Context) -> StageReport:
        images_dir = locate_images(segmented.details["images"])
        inputs = InspectInputs(
            fields=list_segmented(work, config) if fields is None else fields,
            images_dir=images_dir,
            masks_dir=work.masks,
            images_table_path=work.images,
            cells_path=work.cells,
            tiles_path=work.tiles,
            predictions_path=predictions or work.predictions,
            curves_path=_curves_of(work) if predicted and "train" in predicted.inputs else None,
            classifier=classifier,
            limits=limits,
            predicted_by=predicted_by,
            scores=scores.details if scores else None,
            labels_path=labels,
            queue=queue,
            record=record_run(work, predicted),
        )
        return inspect(inputs, InspectOutputs(work.report), settings, context)

    return Step(
        stage="inspect",
        manifest=work.manifest("inspect"),
        settings=settings,
        inputs={
            "combine": combined.output_key,
            "scores": scores.key if scores else "none",
            "labels": hash_file(labels) if labels else "none",
        }
        | _hash_attending(predicted_by, predicted)
        | hash_shown(work, queue),
        outputs=(work.report,),
        run=run,
    )


def _inspect_precropped_step(
    work: WorkFolder, labels: Path | None, config: Config, queue: str | None
) -> Step:
    from stages.inspect.paths import InspectOutputs, PrecroppedInspectInputs
    from stages.inspect.run_precropped import run as inspect

    settings = config.settings("inspect", InspectSettings)
    of_index = work.root / "labels.csv"
    # Labels that are corrected by hand are shown as they are.
    crops = require_cells(work, work.tiles, *(() if of_index.is_file() else (of_index,)))
    # Cells and labels are worth a look before anything is predicted.
    has_predictions = read_manifest(work.manifest("predict")) is not None
    predict = require(work, "predict", work.predictions) if has_predictions else None
    shown = labels or (of_index if of_index.name in crops.outputs else None)
    dependencies = {
        "crops": crops.output_key,
        "predict": predict.output_key if predict else "none",
        "labels": hash_file(shown) if shown else "none",
    }
    predicted_by = _find_attending(work, predict, settings)
    classifier, limits = _classifier_of(predict) if predict else ("", "")
    trained = read_manifest(work.manifest("train")) if predict and "train" in predict.inputs else None
    inputs = PrecroppedInspectInputs(
        cells_path=work.cells,
        tiles_path=work.tiles,
        predictions_path=work.predictions if predict else None,
        labels_path=shown,
        label_set=None if labels and predict else _label_set_of(crops, predict),
        trained_on=trained is not None and trained.inputs.get("labels") == dependencies["labels"],
        curves_path=_curves_of(work) if trained else None,
        classifier=classifier,
        limits=limits,
        predicted_by=predicted_by,
        queue=queue,
        record=record_run(work, predict),
    )
    return Step(
        stage="inspect",
        manifest=work.manifest("inspect"),
        settings=settings,
        inputs=dependencies | _hash_attending(predicted_by, predict) | hash_shown(work, queue),
        outputs=(work.report,),
        run=lambda _, context: inspect(inputs, InspectOutputs(work.report), settings, context),
    )


def _named_predictions(work: WorkFolder, combined: Manifest) -> Path | None:
    """Return the predictions that the user had combined; None for those of the predict stage."""
    if PREDICTIONS not in combined.inputs:
        return None
    path = Path(combined.details[PREDICTIONS])
    if not path.is_file() or hash_file(path) != combined.inputs[PREDICTIONS]:
        raise InputError(
            found="changed since it was combined" if path.is_file() else "no such file",
            where=path,
            expected="the predictions that are in the submission",
            advice=f"run `hpacells combine --work {work.root}` again, with --predictions FILE for your own",
        )
    return path


def _label_set_of(crops: Manifest, predict: Manifest | None) -> LabelSet | None:
    """Return the classes of the labels in the index; None for those of the predictions."""
    try:
        return read_label_set(crops.settings["label_set"])
    except InputError:
        # A file that is no longer there: the labels have names, which the predictions may know.
        if predict is None:
            raise
        return None


def _classifier_of(predict: Manifest) -> tuple[str, str]:
    """Return which classifiers predicted, and how far they can be trusted where they are bundled."""
    from models.classifiers.backbones.subcell.store import name_fetched
    from models.classifiers.bundled import BUNDLED, name_bundled

    folders = [Path(folder) for folder in predict.details.get("classifiers", [])]
    names = [name_bundled(folder) or name_fetched(folder) or str(folder) for folder in folders]
    limits = "; ".join(BUNDLED[name] for name in dict.fromkeys(names) if name in BUNDLED)
    seen = dict.fromkeys(", ".join(channels) for channels in predict.details.get("channels", []))
    return ", ".join(names) + (f" (sees {'; '.join(seen)})" if seen else ""), limits


def _find_attending(
    work: WorkFolder, predict: Manifest | None, settings: InspectSettings
) -> PredictedBy | None:
    """Return the classifiers that predicted, if what they attend to is to be shown."""
    if predict is None or settings.attention == "never" or not predict.details.get("backbones"):
        return None
    recorded = find_recorded(work, predict)
    problem = f"the weights of the classifier that predicted are {recorded.note}" if recorded.note else ""
    return PredictedBy(recorded.folders, problem)


def _hash_attending(predicted_by: PredictedBy | None, predict: Manifest | None) -> dict[str, str]:
    """Return the input ``attention`` of the report, which is made again where weights come back or go."""
    if predicted_by is None or predict is None:
        return {}
    return {"attention": "none" if predicted_by.problem else predict.inputs["model"]}


def _curves_of(work: WorkFolder) -> Path | None:
    """Return the training curves of the classifier, or of all folds together; None where there are none."""
    path = work.model / "curves.png"
    return path if path.is_file() else None


def _scores_of(work: WorkFolder) -> Manifest | None:
    """Return the scores of the submission that lies in the work folder, none of an earlier one's."""
    scores = read_manifest(work.manifest("score"))
    if scores is None or not work.submission.is_file():
        return None
    return scores if scores.inputs["submission"] == hash_file(work.submission) else None
