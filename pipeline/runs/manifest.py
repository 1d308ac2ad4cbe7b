"""Provenance: ``<stage>.json`` says what was made, from what, with which settings, and what failed."""

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field

from data.atomic import atomic_write
from data.software.versions import software_versions


class FailureRecord(BaseModel):
    """One work item that failed, and why."""

    where: str
    why: str


class Manifest(BaseModel):
    """The content of a ``<stage>.json``.

    Attributes
    ----------
    key
        Hash of settings and inputs: the stage is stale once these give another one.
    output_key
        What later stages depend on: the key and what failed.
    inputs
        Name -> fingerprint (content hash, or the key of an earlier stage).
    outputs
        Path of each file or folder that the stage wrote -> how it looked when the stage ended.
    warnings
        What the user was warned of, in the order of time.
    content
        Hash of all the rest, by which damage to the file is noticed; empty in memory and in old files.
    """

    stage: str
    key: str
    output_key: str
    settings: dict[str, Any]
    inputs: dict[str, str]
    outputs: dict[str, str]
    counts: dict[str, float]
    failures: list[FailureRecord]
    details: dict[str, Any]
    seconds: float
    finished: str = Field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    versions: dict[str, str] = Field(default_factory=software_versions)
    warnings: list[str] = []
    content: str = ""

    def hash_content(self) -> str:
        """Hash everything but the hash itself; without warnings, as those of version 0.2 were hashed."""
        left_out = {"content"} if self.warnings else {"content", "warnings"}
        return hash_json(self.model_dump(mode="json", exclude=left_out))


def hash_json(value: object) -> str:
    """Hash any JSON-serialisable value; the order of dictionary keys does not matter."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()


def hash_json_list(values: Iterable[object]) -> str:
    """Hash what `hash_json` hashes of a list of values, one at a time."""
    digest, separator = hashlib.sha256(b"["), ""
    for value in values:
        digest.update(f"{separator}{json.dumps(value, sort_keys=True, default=str)}".encode())
        separator = ", "
    digest.update(b"]")
    return digest.hexdigest()


def hash_json_rows(rows: Iterable[object], *more: object) -> str:
    """Hash what `hash_json` hashes of a list of rows and more values, a row at a time."""
    digest, separator = hashlib.sha256(b"[["), ""
    for row in rows:
        digest.update(f"{separator}{json.dumps(row)}".encode())
        separator = ", "
    digest.update("".join(["]", *(f", {json.dumps(value)}" for value in more), "]"]).encode())
    return digest.hexdigest()


def write_manifest(path: Path, manifest: Manifest) -> None:
    """Write a manifest as JSON."""
    with atomic_write(path) as temporary:
        whole = manifest.model_copy(update={"content": manifest.hash_content()})
        temporary.write_text(whole.model_dump_json(indent=2) + "\n")


def read_manifest(path: Path) -> Manifest | None:
    """Read a manifest, or None where there is none or it is damaged."""
    try:
        manifest = Manifest.model_validate_json(path.read_text())
    except (OSError, ValueError):
        return None
    if manifest.content not in ("", manifest.hash_content()):
        return None
    return manifest.model_copy(update={"content": ""})
