"""The classifiers that made the predictions of a work folder, and whether they are what they were."""

from dataclasses import dataclass
from pathlib import Path

from data.errors import InputError
from data.file_hash import hash_file
from pipeline.runs.manifest import Manifest, hash_json
from pipeline.runs.work_folder import WorkFolder

WEIGHTS = "model.safetensors"
_FILES = (WEIGHTS, "model.toml")


@dataclass(frozen=True)
class RecordedClassifiers:
    """The classifiers that predicted.

    Attributes
    ----------
    folders
        Where they were, one per classifier.
    weights
        SHA-256 of the weights of each; empty where they are not what they were.
    note
        Empty, or "changed since" or "not there any more".
    """

    folders: tuple[Path, ...]
    weights: tuple[str, ...]
    note: str


def find_recorded(work: WorkFolder, predict: Manifest) -> RecordedClassifiers:
    """Find the classifiers that the manifest of predict names; that of an earlier version names none."""
    recorded = [Path(str(folder)) for folder in predict.details.get("classifiers", [])]
    if "train" in predict.inputs:
        # Of the work folder itself, which may have been moved.
        recorded = [work.model / ("" if path.name == "model" else path.name) for path in recorded]
    try:
        hashes = {folder: [hash_file(folder / name) for name in _FILES] for folder in recorded}
    except InputError:
        hashes = {}
    orders = (recorded, sorted(recorded))
    same = any(
        hash_json([value for folder in order for value in hashes.get(folder, [])])
        == predict.inputs.get("model")
        for order in orders
    )
    return RecordedClassifiers(
        folders=tuple(recorded),
        weights=tuple(hashes[folder][0] for folder in recorded) if same else (),
        note="" if same else "changed since" if hashes else "not there any more",
    )
