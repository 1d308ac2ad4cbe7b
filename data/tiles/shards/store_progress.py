"""Which rows of a tile store are written: where an interrupted run goes on, and what mending keeps."""

import logging
import shutil
from pathlib import Path
from typing import NamedTuple

from data.atomic import atomic_write
from data.software.differences import find_differences, name_differences
from data.software.versions import library_versions
from data.text.hashed_json import format_hashed, read_hashed

PROGRESS = "progress.json"

log = logging.getLogger("hpacells")


class Progress(NamedTuple):
    """Which rows of an unfinished store are written.

    Attributes
    ----------
    rows
        So many from the first on.
    whole
        Numbers of the shards behind them that are written, too.
    """

    rows: int
    whole: tuple[int, ...] = ()


def record_progress(folder: Path, key: str, count: int, progress: Progress) -> None:
    """Record which rows of an unfinished store are written.

    Parameters
    ----------
    folder
        The unfinished store.
    key, count
        What its tiles depend on, and the rows that it will have.
    progress
        The rows.
    """
    record = {"key": key, "count": count, **progress._asdict(), "versions": library_versions()}
    with atomic_write(folder / PROGRESS) as temporary:
        temporary.write_text(format_hashed(record))


def remove_unfinished_store(folder: Path) -> None:
    """Remove an unfinished store, if there is one; what is left of it by a kill passes for none."""
    (folder / PROGRESS).unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


def read_progress(folder: Path, key: str, count: int, final: Path) -> Progress:
    """Return which rows of a store can be kept: none if it is of another key or other versions.

    Parameters
    ----------
    folder, key, count
        As for `record_progress`.
    final
        Where the store belongs, for a warning.
    """
    none = Progress(0)
    record = read_hashed(folder / PROGRESS)
    if not isinstance(record, dict) or (record.get("key"), record.get("count")) != (key, count):
        return none
    differences = find_differences(record.get("versions", {}))
    if differences:
        log.warning(
            "%s: an earlier run cut tiles with %s; all are cut again, so that they are alike",
            final,
            name_differences(differences),
        )
        return none
    return Progress(int(record["rows"]), tuple(record.get("whole", ())))
