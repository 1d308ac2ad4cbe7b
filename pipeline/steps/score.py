"""The score step: what it depends on, what it writes, and the call that runs it."""

from collections.abc import Iterable
from pathlib import Path

from data.file_hash import hash_file
from data.labels.label_set import LabelSet
from pipeline.config.config import Config
from pipeline.runs.execute import Step
from pipeline.runs.fingerprints import find_given, fingerprint_given, hash_label_set
from pipeline.runs.manifest import read_manifest
from pipeline.runs.work_folder import WorkFolder
from stages.score.settings import ScoreSettings


def score_step(
    manifest: Path,
    submission: Path,
    truth: Path,
    json_path: Path,
    config: Config,
    curves: Path | None = None,
    teams: Path | None = None,
) -> Step:
    """Score a submission against the truth.

    Its classes are those that were predicted, where the folder of the manifest or the submission's own folder
    tells them, unless the settings say which.
    """
    from stages.score.details import curve_files
    from stages.score.paths import ScoreInputs, ScoreOutputs
    from stages.score.run import choose_label_set
    from stages.score.run import run as score

    settings = config.settings("score", ScoreSettings)
    predicted = find_predicted(submission, [manifest.parent, submission.parent])
    inputs = ScoreInputs(submission, truth, predicted, teams)
    given = find_given({"submission": submission, "truth": truth, "teams": teams})
    classes = hash_label_set(choose_label_set(settings, predicted))
    return Step(
        stage="score",
        manifest=manifest,
        settings=settings,
        inputs=fingerprint_given(given) | classes,
        outputs=(json_path, *curve_files(curves)),
        run=lambda _, context: score(inputs, ScoreOutputs(json_path, curves), settings, context),
        given=given,
    )


def find_predicted(submission: Path, folders: Iterable[Path]) -> LabelSet | None:
    """Find the classes of the predictions that a submission was made of.

    Parameters
    ----------
    submission
        The file, which does not tell its classes.
    folders
        Work folders in which it may have been made.

    Returns
    -------
    LabelSet or None
        None where it was made in none of them, or has changed since.
    """
    for folder in folders:
        combined = read_manifest(WorkFolder(folder).manifest("combine"))
        if combined is not None and combined.details.get("submission") == hash_file(submission):
            return LabelSet(names=combined.details["class_names"], title=f"of the predictions in {folder}")
    return None
