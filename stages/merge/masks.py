"""The label images of all shards in one folder, and the tables of their fields."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from data.cells.edited_masks import list_records
from data.cells.label_stamp import label_paths
from data.fields.shard import find_shard_number
from stages.segment.edits import keep_strange
from stages.segment.paths import SegmentOutputs
from stages.segment.tables import collect
from stages.stage import Context


def join_masks(
    parts: Sequence[SegmentOutputs], image_ids: Sequence[str], outputs: SegmentOutputs, context: Context
) -> None:
    """Link the label images of all shards into one folder, and collect the tables from their records.

    Links take no room, and the shards stay whole; where the file system has none, files are copied.

    Parameters
    ----------
    parts
        What the segmentation of each shard wrote.
    image_ids
        The segmented fields of all, in order.
    outputs
        Where to write.
    context
        Where the work runs.
    """
    outputs.fields_dir.mkdir(parents=True, exist_ok=True)
    _forget_others(outputs, set(image_ids))

    def join(image_id: str) -> None:
        part = parts[find_shard_number(image_id, len(parts))]
        keep_strange(outputs, image_id)
        # The record comes last: it is what says that the field is done.
        sources, targets = (
            (*label_paths(place.masks_dir, image_id), place.rows_path(image_id)) for place in (part, outputs)
        )
        pairs = list(zip(sources, targets, strict=True))
        if not all(_is_same(source, target) for source, target in pairs):
            outputs.begun_path(image_id).touch()
            outputs.rows_path(image_id).unlink(missing_ok=True)
            for source, target in pairs:
                _link(source, target)
        outputs.begun_path(image_id).unlink(missing_ok=True)

    for _, result in context.map(join, image_ids, description="merge masks", total=len(image_ids)):
        if isinstance(result, Exception):
            raise result
    collect(outputs, image_ids)


def _forget_others(outputs: SegmentOutputs, keep: set[str]) -> None:
    """Remove label images and records of fields that are no more."""
    for image_id in list_records(outputs.masks_dir).keys() - keep:
        for path in (*label_paths(outputs.masks_dir, image_id), outputs.rows_path(image_id)):
            path.unlink(missing_ok=True)


def _is_same(source: Path, target: Path) -> bool:
    """Check whether a file is linked, or a copy that keeps the time."""
    if not target.exists():
        return False
    ours, theirs = target.stat(), source.stat()
    if (ours.st_dev, ours.st_ino) == (theirs.st_dev, theirs.st_ino):
        return True
    is_alike = (ours.st_size, ours.st_mtime_ns) == (theirs.st_size, theirs.st_mtime_ns)
    return is_alike and target.read_bytes() == source.read_bytes()


def _link(source: Path, target: Path) -> None:
    if _is_same(source, target):
        return
    temporary = target.with_name(f".{target.stem[:200]}.{os.urandom(4).hex()}.part{target.suffix}")
    try:
        try:
            temporary.hardlink_to(source)
        except OSError:
            if not source.exists():
                raise
            shutil.copy2(source, temporary)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
