"""What of a work folder a command reads: the large parts that it does not read are not fetched for it."""

SHARDS = "shards"

_READERS = {
    "tiles.zarr": "crops train find-rate distil predict features inspect export run merge",
    "masks": "segment crops combine inspect export view provenance run merge",
    "report": "inspect run",
    "frozen_features": "train find-rate run",
    SHARDS: "merge",
}
"""Large folder -> the commands that read it."""

_OF_FIELDS = "fields"
"""Folder in which those of a classifier of whole fields lie."""

TABLES = "tables"
"""In place of a command: none of the large folders is read."""

ALL = "*"
"""In place of a command: everything but the shards is read."""


def find_large(name: str) -> str:
    """Return the large folder in which a file lies, by its name in the work folder; empty for others."""
    first, _, rest = name.partition("/")
    if first == _OF_FIELDS:
        first = rest.partition("/")[0]
    return first if first in _READERS else ""


def is_needed(name: str, command: str) -> bool:
    """Check whether a command may read a file."""
    large = find_large(name)
    if command == ALL:
        return large != SHARDS
    return not large or command in _READERS[large].split()
