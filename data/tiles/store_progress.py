"""How far an unfinished tile store was written, so that an interrupted run goes on."""

import json
import logging
from pathlib import Path
from typing import Any

from data.atomic import atomic_write
from data.software.differences import find_differences, name_differences
from data.software.versions import library_versions

PROGRESS = "progress.json"

log = logging.getLogger("hpacells")


def record_rows(folder: Path, key: str, count: int, rows: int) -> None:
    """Record that the first rows of an unfinished store are written.

    Parameters
    ----------
    folder
        The unfinished store.
    key, count
        What its tiles depend on, and the rows that it will have.
    rows
        Those that are written.
    """
    record = {"key": key, "count": count, "rows": rows, "versions": library_versions()}
    with atomic_write(folder / PROGRESS) as temporary:
        temporary.write_text(json.dumps(record))


def read_rows_written(folder: Path, key: str, count: int, final: Path) -> int:
    """Return how many rows of an unfinished store can be kept: 0 if it is of another key or other versions.

    Parameters
    ----------
    folder, key, count
        As for `record_rows`.
    final
        Where the store belongs, for a warning.
    """
    try:
        progress: dict[str, Any] = json.loads((folder / PROGRESS).read_text())
    except (OSError, ValueError):
        return 0
    if (progress.get("key"), progress.get("count")) != (key, count):
        return 0
    differences = find_differences(progress.get("versions", {}))
    if differences:
        log.warning(
            "%s: an interrupted run cut tiles with %s; all are cut again, so that they are alike",
            final,
            name_differences(differences),
        )
        return 0
    return int(progress["rows"])
