"""Label sets among a step's inputs: a hash of the classes, and which classes a submission is of."""

from collections.abc import Iterable
from pathlib import Path

from data.labels.label_set import LabelSet
from pipeline.runs.manifest import hash_file, read_manifest
from pipeline.runs.work_folder import WorkFolder


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
