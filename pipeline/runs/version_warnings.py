"""Warnings where finished work was made with versions of libraries that give other pixels."""

import logging
from functools import cache
from pathlib import Path

from data.software.differences import MIXED_FIELDS, find_differences, name_differences
from pipeline.runs.manifest import Manifest, read_manifest

_BEFORE = {
    "simulate": (),
    "segment": (),
    "crops": ("segment",),
    "train": ("segment", "crops"),
    "find_rate": ("segment", "crops"),
    "distil": ("segment", "crops"),
    "predict": ("segment", "crops"),
    "features": ("segment", "crops"),
    "segmenter train": (),
    "segmenter compare": (),
}
"""Stages in which pixels are made or learned from, with those that made what they take."""

log = logging.getLogger("hpacells")


def warn_of_versions(stage: str, manifest: Path, *, is_done: bool) -> None:
    """Warn where OpenCV is not the one asked for, or what a stage builds on was made with other versions.

    Parameters
    ----------
    stage
        The stage that is run; nothing is said of those that only read tables.
    manifest
        Its manifest, beside which those of the stages before it lie.
    is_done
        Whether what it wrote is kept, so that it is looked at as well.
    """
    if stage not in _BEFORE:
        return
    # Imports OpenCV, which the commands that only read tables do without.
    from data.software.opencv import check_opencv

    check_opencv()
    for name in (*_BEFORE[stage], *((stage,) if is_done else ())):
        path = manifest if name == stage else manifest.with_name(f"{name}.json")
        difference = _describe_difference(read_manifest(path))
        if difference:
            _warn_once(path, name, difference)


def _describe_difference(earlier: Manifest | None) -> str:
    if earlier is None:
        return ""
    # Fields that an interrupted run had segmented before, with yet other versions.
    mixed = earlier.details.get(MIXED_FIELDS, {})
    parts = [f"{difference} for {count} of its fields" for difference, count in mixed.items()]
    return " and ".join(filter(None, [name_differences(find_differences(earlier.versions)), *parts]))


@cache
def _warn_once(path: Path, stage: str, difference: str) -> None:
    log.warning(
        "%s: %s was done with %s; other versions give other pixels (docs/versions.md), so what is made now "
        "is not quite like it; to have all alike, install those versions or use a new work folder",
        path,
        stage,
        difference,
    )
