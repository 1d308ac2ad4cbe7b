"""Outputs of a finished stage that somebody, or a fault of the disk, has changed since."""

import logging
import shutil
from collections.abc import Collection, Iterable
from pathlib import Path

from data.atomic import atomic_write
from data.file_hash import hash_file
from pipeline.runs.manifest import read_manifest
from pipeline.runs.outputs.stamps import find_changed, is_unchanged, name_output

CHANGED = "changed"
"""Folder beside the manifest for files that were changed by another hand, before others take their place."""

_COMPLETED_BY = {"segment": "crops"}
"""Stages whose outputs another stage completes: the cells table gets its intensities from the crops."""

log = logging.getLogger("hpacells")


def find_changed_outputs(manifest_path: Path) -> list[Path]:
    """List the outputs of a stage that are not as it, or the stage that completes them, left them.

    Empty where the stage has no manifest.
    """
    manifest, root = read_manifest(manifest_path), manifest_path.parent
    if manifest is None:
        return []
    changed = find_changed(manifest.outputs, root)
    completing = _COMPLETED_BY.get(manifest.stage)
    return _find_unlike(changed, root / f"{completing}.json") if changed and completing else changed


def find_strange_outputs(manifest_path: Path, written: Collection[Path]) -> list[Path]:
    """List the changed outputs of a stage that no stage wrote as they are.

    What the stage completes and is as it was given is none: that is to be completed again, and nobody's work.

    Parameters
    ----------
    manifest_path
        The stage's manifest.
    written
        What will be written now. Outputs of an earlier run elsewhere, such as another submission, stay as
        they are.
    """
    places = {path.resolve() for path in written}
    changed = [path for path in find_changed_outputs(manifest_path) if path.resolve() in places]
    for completed in (name for name, by in _COMPLETED_BY.items() if changed and by == manifest_path.stem):
        changed = _find_unlike(changed, manifest_path.with_name(f"{completed}.json"))
    return changed


def keep_changed(manifest_path: Path, changed: Iterable[Path]) -> None:
    """Copy changed files among a stage's outputs aside, before they are made again, and tell it."""
    stage = manifest_path.stem
    for path in changed:
        if not path.exists():
            log.warning("%s: %s is missing; it is made again", stage, path)
        elif path.is_dir():
            log.warning(
                "%s: files in %s were changed, removed or added; what is not whole is made again", stage, path
            )
        else:
            kept = manifest_path.parent / CHANGED / f"{path.stem}-{hash_file(path)[:8]}{path.suffix}"
            if not kept.is_file():
                with atomic_write(kept) as temporary:
                    shutil.copyfile(path, temporary)
            log.warning(
                "%s: %s was changed since it was written; it is made again, and the changed one kept as %s",
                stage,
                path,
                kept,
            )


def _find_unlike(paths: Iterable[Path], manifest_path: Path) -> list[Path]:
    """List the files that are not as the stage of a manifest left them; all where it has none."""
    manifest, root = read_manifest(manifest_path), manifest_path.parent
    stamps = {} if manifest is None else manifest.outputs
    return [path for path in paths if not is_unchanged(path, stamps.get(name_output(path, root), ""))]
