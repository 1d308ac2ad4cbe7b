"""The note beside converted weights that says where they came from."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from data.atomic import atomic_write


@dataclass(frozen=True)
class Origin:
    """Where converted weights came from, and what they hold.

    Attributes
    ----------
    source
        URL or path of the file from which they were made.
    source_checksum
        What the record says, ``md5:...``; empty where no record was read.
    source_sha256
        Of the file from which they were made.
    licence
        What the record says; empty where no record was read.
    sha256, size, modified_ns
        Of the converted file; with another size or time of change it is hashed again.
    """

    source: str
    source_checksum: str
    source_sha256: str
    licence: str
    sha256: str
    size: int
    modified_ns: int


def write_origin(weights: Path, origin: Origin) -> None:
    """Write the note beside a file of weights."""
    with atomic_write(_note(weights)) as temporary:
        temporary.write_text(json.dumps(asdict(origin), indent=2) + "\n", encoding="utf-8")


def read_origin(weights: Path) -> Origin | None:
    """Read the note beside a file of weights; None where there is none that can be read."""
    try:
        return Origin(**json.loads(_note(weights).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _note(weights: Path) -> Path:
    return weights.with_suffix(".origin.json")
