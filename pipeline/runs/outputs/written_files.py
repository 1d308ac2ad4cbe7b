"""Which files of a folder hpacells wrote, so that it never replaces others."""

import json
import os
from collections.abc import Iterable
from pathlib import Path

from data.atomic import atomic_write
from data.errors import InputError
from pipeline.runs.manifest import read_manifest

LIST_NAME = ".written.json"
"""Name of the list in the folder of a manifest: path -> stage that wrote it first."""

_SIMULATE = "simulate"


def claim_outputs(stage: str, folder: Path, paths: Iterable[Path]) -> None:
    """Note that a stage is about to write some paths, unless something lies there that is not hpacells' own.

    Parameters
    ----------
    stage
        Name of the stage.
    folder
        Folder of its manifest, where the list is kept.
    paths
        Files and folders, there or elsewhere.

    Raises
    ------
    InputError
        One of them holds what hpacells did not write, or what simulated images come with.
    """
    listed = _read_list(folder)
    written = _find_written(folder) if listed is None else listed
    # Of a version that kept no list.
    is_older = listed is None and any(writer != _SIMULATE for writer in written.values())
    claimed = dict(written)
    for path in paths:
        name = _name(path, folder)
        if name == ".":
            continue
        if _is_something(path):
            _refuse_strange(stage, path, written.get(name, ""), is_older=is_older)
        claimed[name] = written.get(name) or stage
    if claimed != listed:
        with atomic_write(folder / LIST_NAME) as temporary:
            temporary.write_text(json.dumps(claimed, indent=1))


def _refuse_strange(stage: str, path: Path, writer: str, *, is_older: bool) -> None:
    # Stages of one work folder may complete what another wrote, but what was simulated is their input.
    if writer and (writer == _SIMULATE) == (stage == _SIMULATE):
        return
    if not writer and is_older and stage != _SIMULATE:
        return
    source = "what `hpacells simulate` wrote" if writer else "what hpacells did not write"
    raise InputError(
        found=f"{'a folder' if path.is_dir() else 'a file'} with {source}, which {stage} would replace",
        where=path,
        expected="nothing there, or what an earlier run has written",
        advice="move it away, or write to another place (another --work or --output)",
    )


def _read_list(folder: Path) -> dict[str, str] | None:
    try:
        listed = json.loads((folder / LIST_NAME).read_text())
    except (OSError, ValueError):
        return None
    return listed if isinstance(listed, dict) else None


def _find_written(folder: Path) -> dict[str, str]:
    """Find what the manifests in a folder name, where there is no list."""
    written = {}
    for path in sorted(folder.glob("*.json")):
        manifest = read_manifest(path)
        if manifest is not None:
            written |= dict.fromkeys((path.name, *manifest.outputs), manifest.stage)
    if (folder / "masks" / ".fields").is_dir():
        # Of a segmentation that was killed.
        written["masks"] = "segment"
    return written


def _name(path: Path, folder: Path) -> str:
    """Return a path as seen from the folder, which may be moved with all that is in it; or else as it is."""
    whole, parent = path.parent.resolve() / path.name, folder.resolve()
    return str(whole.relative_to(parent) if whole.is_relative_to(parent) else whole)


def _is_something(path: Path) -> bool:
    if path.is_dir():
        return next(path.iterdir(), None) is not None
    return os.path.lexists(path)
