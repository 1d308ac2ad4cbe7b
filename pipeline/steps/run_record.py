"""What a report says of how its results came about."""

from typing import Any

from data.file_hash import hash_file
from pipeline.runs.manifest import Manifest, read_manifest
from pipeline.runs.recorded_classifiers import find_recorded
from pipeline.runs.work_folder import WorkFolder
from stages.inspect.paths import RunRecord

_STAGES = ("segment", "crops", "find_rate", "train", "predict", "combine", "score")
_PARTS = ("stage", "settings", "counts", "failures", "warnings", "details", "seconds", "finished", "versions")


def record_run(work: WorkFolder, predict: Manifest | None) -> RunRecord:
    """Return what the stages before a report noted.

    Parameters
    ----------
    work
        The work folder.
    predict
        The manifest of its predictions; None where they are the user's own, or there are none.
    """
    stages = []
    for stage in _STAGES:
        manifest = read_manifest(work.manifest(stage))
        is_used = stage not in ("train", "predict") or (
            predict is not None and (stage == "predict" or "train" in predict.inputs)
        )
        if manifest is not None and is_used:
            stages.append(manifest.model_dump(mode="json", include=set(_PARTS)))
    thresholds = predict.details.get("thresholds") if predict else None
    return RunRecord(
        stages=stages,
        weights=_list_weights(work, predict) if predict else (),
        thresholds=None if thresholds is None else tuple(map(float, thresholds)),
        rate_path=work.rate_picture if work.rate_picture.is_file() else None,
    )


def hash_shown(work: WorkFolder, queue: str | None) -> dict[str, str]:
    """Return what else a report depends on: the order of cells, and the range test."""
    inputs: dict[str, Any] = {} if queue is None else {"queue": queue}
    if work.rate_picture.is_file():
        inputs["rate"] = hash_file(work.rate_picture)
    return inputs


def _list_weights(work: WorkFolder, predict: Manifest) -> list[tuple[str, str]]:
    """List classifiers and the hashes of their weights; where these changed, what became of them."""
    from models.classifiers.backbones.subcell.store import name_fetched
    from models.classifiers.bundled import name_bundled

    recorded = find_recorded(work, predict)
    names = [name_bundled(folder) or name_fetched(folder) or str(folder) for folder in recorded.folders]
    if not recorded.weights:
        return [(name, f"the weights are {recorded.note}") for name in names]
    return list(zip(names, recorded.weights, strict=True))
