"""Keep the whole parts of a damaged tile store, so that only the cells of the others are cut again."""

import contextlib
import logging
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import zarr
from numpy.typing import NDArray

from data.errors import InputError
from data.tiles.shards.array_rows import CODECS
from data.tiles.shards.shard_file import name_shard_file
from data.tiles.shards.store_contents import DAMAGED, check_contents, find_changed_files
from data.tiles.shards.store_progress import Progress, read_progress, record_progress, remove_unfinished_store

log = logging.getLogger("hpacells")


class Damage(NamedTuple):
    """What is lost of a tile store.

    Attributes
    ----------
    files
        Files with a part of an array that cannot be read.
    rows
        (count,) bool, True for the rows of these files.
    """

    files: list[Path]
    rows: NDArray[np.bool_]


def take_whole_shards(final: Path, folder: Path, key: str, count: int, shard: int) -> Progress:
    """Make an unfinished store of a finished one that is damaged; it keeps the shards that are whole.

    Parameters
    ----------
    final
        The finished store. It is left alone unless it is damaged, of the same key, and made with the same
        versions of the libraries that make pixels.
    folder
        Where the unfinished store belongs; an older one there is removed.
    key, count
        What the tiles depend on, and how many there are.
    shard
        Tiles in a shard.

    Returns
    -------
    Progress
        The rows that are kept; none where nothing was taken.
    """
    if not _is_damaged(final) or read_progress(final, key, count, final) == Progress(0):
        return Progress(0)
    damage = find_damage(final, count)
    if damage is None:
        return Progress(0)
    lost = np.array([damage.rows[start : start + shard].any() for start in range(0, count, shard)], bool)
    if lost.all():
        return Progress(0)
    leading = int(lost.argmax()) if lost.any() else len(lost)
    progress = Progress(min(leading * shard, count), tuple(np.flatnonzero(~lost[leading:]).tolist()))
    progress = progress._replace(whole=tuple(leading + number for number in progress.whole))
    # From here on a killed run leaves what the next one takes for damaged, or goes on with.
    record_progress(final, key, count, progress)
    for file in damage.files:
        file.unlink(missing_ok=True)
    remove_unfinished_store(folder)
    final.rename(folder)
    log.info(
        "crops: %s is damaged in %d of %d parts, which alone are cut again", final, lost.sum(), len(lost)
    )
    return progress


def find_damage(store: Path, count: int) -> Damage | None:
    """Return what is lost of a store with so many rows; None where its metadata or its list are damaged."""
    changed = find_changed_files(store)
    if changed is None or any(name.endswith(".json") for name in changed):
        return None
    files, rows = [], np.zeros(count, bool)
    with zarr.config.set(CODECS):
        for name in (metadata.parent.name for metadata in store.glob("*/zarr.json")):
            array = zarr.open_array(store / name, mode="r")
            step = (array.shards or array.chunks)[0]
            for start in range(0, count, step):
                file = name_shard_file(name, start // step, array.ndim)
                if file in changed or not _is_readable(array, start, start + step):
                    changed.discard(file)
                    files.append(store / file)
                    rows[start : start + step] = True
    # A name that no array has is a fault of the list.
    return None if changed else Damage(files, rows)


def _is_damaged(store: Path) -> bool:
    with contextlib.suppress(InputError):
        check_contents(store)
    return (store / DAMAGED).exists()


def _is_readable(array: "zarr.Array[Any]", start: int, stop: int) -> bool:
    try:
        array[start:stop]
    except (OSError, RuntimeError, ValueError):
        # Each codec has its own exception for a checksum that does not agree.
        return False
    return True
