"""What made the results of a work folder, as its manifests have it; nothing is changed or made anew."""

import json
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from data.errors import InputError
from data.place_names import show_places
from data.provenance.record import Provenance, Source, StageRecord
from data.software.differences import MIXED_FIELDS
from data.storage.url import find_url
from pipeline.runs.manifest import Manifest, read_manifest
from pipeline.runs.outputs.changed_outputs import find_changed_outputs
from pipeline.runs.recorded_classifiers import WEIGHTS, find_recorded
from pipeline.runs.work_folder import WorkFolder
from pipeline.steps.provenance_of_cell import describe_cell
from stages.export.formats import FORMATS

_ORDER = (
    "simulate",
    "segment",
    "crops",
    "find_rate",
    "train",
    "predict",
    "distil",
    "combine",
    "score",
    "evaluate",
    "features",
    *(f"export-{name}" for name in FORMATS),
    "explore",
    "inspect",
)
"""Stages, each after those whose results it may use."""

_FILES = ("labels", "submission", "truth", "index", "predictions", "start", "out_of_fold")
"""Inputs of steps whose fingerprint is the SHA-256 of a file."""

_FACTS = ("chosen because", "channels", "field channels", "runtimes")
_NONE = "none"
_OLD_STAMP = re.compile(r"(\d+) bytes, modified (\d+)")
"""Of version 0.2, which kept no hash."""


def collect_provenance(work: WorkFolder, cell: str | None = None) -> Provenance:
    """Read what made the results of a work folder.

    Parameters
    ----------
    work
        The folder.
    cell
        ``IMAGE_ID/CELL``: only the stages that made its prediction, and what is known of it.

    Raises
    ------
    InputError
        There is no such folder, no stage has been finished in it, or it has no such cell.
    """
    if not work.root.is_dir():
        raise InputError(
            found="no such folder" if not work.root.exists() else "not a folder",
            where=work.root,
            expected="a work folder",
            advice="give the folder that `hpacells run` or `hpacells segment` had as --work",
        )
    paths = {stage: work.manifest(stage) for stage in _ORDER}
    found = {stage: read_manifest(path) for stage, path in paths.items()}
    manifests = {stage: manifest for stage, manifest in found.items() if manifest is not None}
    damaged = tuple(
        show_places(str(path))
        for stage, path in paths.items()
        if found[stage] is None and _is_something(path)
    )
    if not manifests and not damaged:
        raise InputError(
            found="no stage has been finished in this folder",
            where=work.root,
            expected="manifests such as segment.json",
            advice="give the folder that `hpacells run` or `hpacells segment` had as --work",
        )
    wanted = _stages_of_predictions(manifests) if cell else set(manifests)
    return Provenance(
        work=show_places(str(work.root.resolve())),
        stages=tuple(_record(work, manifests, stage) for stage in _ORDER if stage in wanted),
        damaged=damaged,
        cell=describe_cell(work, cell, manifests.get("segment")) if cell else None,
    )


def _is_something(path: Path) -> bool:
    return path.is_file() or path.is_symlink() or path.is_dir()


def _stages_of_predictions(manifests: Mapping[str, Manifest]) -> set[str]:
    """Return the stages before the predictions, those included."""
    wanted, waiting = set(), ["predict", "crops", "segment"]
    while waiting:
        stage = waiting.pop()
        if stage in manifests and stage not in wanted:
            wanted.add(stage)
            waiting += manifests[stage].inputs
    return wanted


def _record(work: WorkFolder, manifests: Mapping[str, Manifest], stage: str) -> StageRecord:
    manifest = manifests[stage]
    earlier = _earlier_of(manifest)
    results = {name: _find_result(work, stage, name) for name in manifest.outputs}
    changed = find_changed_outputs(work.manifest(stage))
    remarks = [_compare(name, manifest.inputs[key], manifests.get(name)) for key, name in earlier.items()]
    remarks += [_look(path, manifest.outputs[name], changed) for name, path in results.items()]
    remarks += [
        f"{count} fields were made with {difference}"
        for difference, count in _mapping(manifest.details.get(MIXED_FIELDS)).items()
    ]
    facts = {name: _say(manifest.details[name]) for name in _FACTS if manifest.details.get(name)}
    return StageRecord(
        stage=stage,
        finished=manifest.finished,
        seconds=manifest.seconds,
        settings=manifest.settings,
        versions=manifest.versions,
        earlier=tuple(dict.fromkeys(earlier.values())),
        sources=_sources_of(work, manifests, stage),
        results=tuple(show_places(str(path.absolute())) for path in results.values()),
        facts=facts,
        counts=manifest.counts,
        failures={failure.where: failure.why for failure in manifest.failures},
        remarks=tuple(filter(None, remarks)),
    )


def _earlier_of(manifest: Manifest) -> dict[str, str]:
    """Return the inputs that are results of other stages: name of the input -> stage."""
    named = {name: "score" if name == "scores" else name for name in manifest.inputs}
    return {
        name: stage for name, stage in named.items() if stage in _ORDER and manifest.inputs[name] != _NONE
    }


def _compare(stage: str, fingerprint: str, earlier: Manifest | None) -> str:
    if earlier is None:
        return f"the manifest of {stage}, whose results it used, is not there any more"
    if fingerprint in (earlier.output_key, earlier.key):
        return ""
    return f"made from an earlier {stage} than the one that is described here"


def _find_result(work: WorkFolder, stage: str, name: str) -> Path:
    """Return the path of a result, of which older versions recorded the end alone."""
    places = [folder / name for folder in (work.root, work.model, work.root / stage)]
    return next((place for place in places if place.exists()), places[0])


def _look(path: Path, stamp: str, changed: Collection[Path]) -> str:
    """Return what is to be said of a result today; empty if it is as it was left, as far as can be seen."""
    if stamp == "missing":
        return ""
    if not path.exists():
        return f"{path.name} is not there any more"
    old = _OLD_STAMP.fullmatch(stamp)
    if old is not None and path.is_file():
        stat = path.stat()
        if (stat.st_size, stat.st_mtime_ns) == (int(old[1]), int(old[2])):
            return ""
    elif path not in changed or "sha256" not in stamp:
        # Folders that version 0.2 stamped are compared by nothing.
        return ""
    return f"{path.name} was changed or replaced since"


def _sources_of(work: WorkFolder, manifests: Mapping[str, Manifest], stage: str) -> tuple[Source, ...]:
    manifest = manifests[stage]
    sources = []
    for name, fingerprint in manifest.inputs.items():
        if name in _earlier_of(manifest) or fingerprint == _NONE:
            continue
        path = _say(manifest.details.get(name, ""))
        if name == "images":
            path = path or _images_of(manifests, fingerprint)
            note = "" if not path or find_url(path) or Path(path).exists() else "not there any more"
            sources.append(Source(name, path, fingerprint=f"names, sizes and times {fingerprint}", note=note))
        elif name == "model" and isinstance(manifest.details.get("classifiers"), list):
            sources += _classifiers_of(work, manifest)
        elif name in _FILES:
            sources.append(Source(name, path, sha256=fingerprint))
        else:
            sources.append(Source(name, fingerprint=fingerprint))
    return tuple(sources)


def _images_of(manifests: Mapping[str, Manifest], fingerprint: str) -> str:
    """Return where images were segmented, if they are those of a fingerprint."""
    segmented = manifests.get("segment")
    same = segmented is not None and segmented.inputs.get("images") == fingerprint
    return _say(segmented.details.get("images", "")) if segmented is not None and same else ""


def _classifiers_of(work: WorkFolder, manifest: Manifest) -> list[Source]:
    """Return the weights of the classifiers; their hashes if these are still what was recorded."""
    recorded = find_recorded(work, manifest)
    known = f"weights and description {manifest.inputs['model']}"
    hashes = recorded.weights or [""] * len(recorded.folders)
    return [
        Source("classifier", str(folder / WEIGHTS), sha256=sha256, fingerprint=known, note=recorded.note)
        for folder, sha256 in zip(recorded.folders, hashes, strict=True)
    ]


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _say(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        within = [", ".join(map(str, item)) if isinstance(item, list) else str(item) for item in value]
        return ("; " if any(isinstance(item, list) for item in value) else ", ").join(within)
    return json.dumps(value)
