"""The step that writes the report: what it depends on, what it writes, and its call."""

from pathlib import Path

from data.errors import InputError
from data.labels.label_set import LabelSet, read_label_set
from pipeline.config.config import Config
from pipeline.runs.execute import Step, require
from pipeline.runs.manifest import Manifest, hash_file, read_manifest
from pipeline.runs.work_folder import WorkFolder


def inspect_step(work: WorkFolder, labels: Path | None, config: Config) -> Step:
    """Write the HTML report of a work folder, of fields or of pre-cropped cells.

    Parameters
    ----------
    work
        The folder.
    labels
        Label file of its images, to be shown beside what was predicted; None for those that the index of
        cells told, where it told any.
    config
        Settings.
    """
    crops = read_manifest(work.manifest("crops"))
    if crops is not None and "index" in crops.inputs:
        return _inspect_cells_step(work, labels, config)
    return _inspect_fields_step(work, labels, config)


def _inspect_fields_step(work: WorkFolder, labels: Path | None, config: Config) -> Step:
    from stages.inspect import run as inspect
    from stages.inspect.settings import InspectSettings
    from stages.inspect.sources import Sources

    settings = config.settings("inspect", InspectSettings)
    segment = require(work, "segment")
    scores = _scores_of(work)
    return Step(
        stage="inspect",
        manifest=work.manifest("inspect"),
        settings=settings,
        inputs={
            "combine": require(work, "combine").output_key,
            "scores": scores.key if scores else "none",
            "labels": hash_file(labels) if labels else "none",
        },
        outputs=(work.report,),
        run=lambda _, context: inspect.run(
            Sources(
                images=Path(segment.details["images"]),
                masks=work.masks,
                images_table=work.images,
                cells=work.cells,
                tiles=work.tiles,
                predictions=work.predictions,
                curves=_curves_of(work),
                scores=scores.details if scores else None,
                full_scale=require(work, "crops").settings["full_scale"],
                labels=labels,
            ),
            work.report,
            settings,
            context,
        ),
    )


def _inspect_cells_step(work: WorkFolder, labels: Path | None, config: Config) -> Step:
    from stages.inspect import run_precropped as inspect_cells
    from stages.inspect.settings import InspectSettings
    from stages.inspect.sources import CutCellSources

    settings = config.settings("inspect", InspectSettings)
    crops = require(work, "crops")
    # Cells and labels are worth a look before anything is predicted.
    predict = require(work, "predict") if read_manifest(work.manifest("predict")) is not None else None
    told = work.root / "labels.csv"
    shown = labels or (told if told.name in crops.outputs else None)
    inputs = {
        "crops": crops.output_key,
        "predict": predict.output_key if predict else "none",
        "labels": hash_file(shown) if shown else "none",
    }
    trained = read_manifest(work.manifest("train")) if predict and "train" in predict.inputs else None
    sources = CutCellSources(
        cells=work.cells,
        tiles=work.tiles,
        predictions=work.predictions if predict else None,
        labels=shown,
        label_set=None if labels and predict else _label_set_of(crops, predict),
        trained_on=trained is not None and trained.inputs.get("labels") == inputs["labels"],
        curves=_curves_of(work) if trained else None,
    )
    return Step(
        stage="inspect",
        manifest=work.manifest("inspect"),
        settings=settings,
        inputs=inputs,
        outputs=(work.report,),
        run=lambda _, context: inspect_cells.run(sources, work.report, settings, context),
    )


def _label_set_of(crops: Manifest, predict: Manifest | None) -> LabelSet | None:
    """Give the classes of the labels that the index told; None for those of the predictions."""
    try:
        return read_label_set(crops.settings["label_set"])
    except InputError:
        # A file that is no longer there: the labels have names, which the predictions may know.
        if predict is None:
            raise
        return None


def _curves_of(work: WorkFolder) -> Path | None:
    """Give the training curves of the classifier, or of all folds together; None where there are none."""
    path = work.model / "curves.png"
    return path if path.is_file() else None


def _scores_of(work: WorkFolder) -> Manifest | None:
    """Give the scores of the submission that lies in the work folder, none of an earlier one's."""
    scores = read_manifest(work.manifest("score"))
    if scores is None or not work.submission.is_file():
        return None
    return scores if scores.inputs["submission"] == hash_file(work.submission) else None
