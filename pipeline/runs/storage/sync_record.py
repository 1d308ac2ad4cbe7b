"""What is known of a work folder at a URL: when each file was the same here and there."""

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from data.atomic import atomic_write
from data.text.hashed_json import format_hashed, read_hashed

INDEX_NAME = ".storage.json.gz"
"""Name of the list of files at the URL, by which another machine gives its copies the same times."""

RECORD_NAME = ".storage.record.json"
"""Name of the record in the copy, which is of this machine alone."""

Stamp = tuple[int, int]
"""Size (bytes) and time of modification (ns)."""


@dataclass
class SyncRecord:
    """What was the same here and there, and what is still to be sent.

    Attributes
    ----------
    files
        Name -> version at the URL, and the stamp of the copy; None for one that was not fetched.
    generation
        Of the list at the URL when this machine last read or wrote it: every sender gives it another one.
    sending
        Names that are being sent, and the list's generation after that; empty once they have arrived.
    pending
        Stages that are finished and not yet sent whole -> manifest and outputs.
    unfinished
        Stages that have begun -> manifest and outputs, which are not sent before they are finished.
    """

    files: dict[str, tuple[str, Stamp | None]] = field(default_factory=dict)
    generation: str = ""
    sending: tuple[list[str], str] = field(default_factory=lambda: ([], ""))
    pending: dict[str, list[str]] = field(default_factory=dict)
    unfinished: dict[str, list[str]] = field(default_factory=dict)


def write_record(root: Path, record: SyncRecord) -> None:
    """Write the record of a copy."""
    with atomic_write(root / RECORD_NAME) as temporary:
        temporary.write_text(format_hashed(vars(record)))


def read_record(root: Path) -> SyncRecord:
    """Read the record of a copy; an empty one where there is none, or a damaged one."""
    found = read_hashed(root / RECORD_NAME)
    if not isinstance(found, dict):
        return SyncRecord()
    record = SyncRecord(**found)
    record.files = {
        name: (version, None if stamp is None else (stamp[0], stamp[1]))
        for name, (version, stamp) in record.files.items()
    }
    names, generation = record.sending
    record.sending = (list(names), generation)
    return record


@dataclass
class Index:
    """The list of files at a URL.

    Attributes
    ----------
    generation
        Which sender wrote it.
    files
        Name -> version there, and the stamp that the sender's file had.
    """

    generation: str = ""
    files: dict[str, tuple[str, Stamp]] = field(default_factory=dict)


def pack_index(generation: str, files: Mapping[str, tuple[str, Stamp | None]]) -> bytes:
    """Return the content of the list's file."""
    whole = {name: (version, stamp) for name, (version, stamp) in files.items() if stamp is not None}
    return gzip.compress(json.dumps({"generation": generation, "files": whole}).encode(), mtime=0)


def read_index(content: bytes | None) -> Index:
    """Read the list's file; an empty one where there is none, or a damaged one."""
    try:
        found: dict[str, Any] = json.loads(gzip.decompress(content or b""))
        files = {
            str(name): (str(version), (int(size), int(time)))
            for name, (version, (size, time)) in found["files"].items()
        }
        return Index(str(found["generation"]), files)
    except (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError):
        return Index()
