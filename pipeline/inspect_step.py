"""The step that writes the report: what it depends on, what it writes, and its call."""

from pathlib import Path

from data.errors import InputError
from pipeline.config import Config
from pipeline.manifest import Manifest, hash_file, read_manifest
from pipeline.run import Step, require
from pipeline.work_folder import WorkFolder


def inspect_step(work: WorkFolder, config: Config) -> Step:
    """Write the HTML report of a work folder."""
    from stages import inspect
    from stages.report.settings import InspectSettings
    from stages.report.sources import Sources

    settings = config.settings("inspect", InspectSettings)
    _refuse_cut_cells(work)
    segment = require(work, "segment")
    scores = _scores_of(work)
    return Step(
        stage="inspect",
        manifest=work.manifest("inspect"),
        settings=settings,
        inputs={
            "combine": require(work, "combine").output_key,
            "scores": scores.key if scores else "none",
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
            ),
            work.report,
            settings,
            context,
        ),
    )


def _refuse_cut_cells(work: WorkFolder) -> None:
    """Say that there is nothing to draw outlines in where the cells were cut elsewhere."""
    crops = read_manifest(work.manifest("crops"))
    if crops is not None and "index" in crops.inputs:
        raise InputError(
            found="cells that were cut elsewhere",
            where=work.root,
            expected="cells of fields that `hpacells segment` segmented, which the report shows whole",
            advice=f"look at {work.predictions.name}, or at what `hpacells evaluate` writes",
        )


def _curves_of(work: WorkFolder) -> Path:
    """Give the training curves of the classifier, or of the first of all folds."""
    folds = sorted(work.model.glob("fold-*/curves.png"))
    return folds[0] if folds else work.model / "curves.png"


def _scores_of(work: WorkFolder) -> Manifest | None:
    """Give the scores of the submission that lies in the work folder, none of an earlier one's."""
    scores = read_manifest(work.manifest("score"))
    if scores is None or not work.submission.is_file():
        return None
    return scores if scores.inputs["submission"] == hash_file(work.submission) else None
