"""IDs of fields that can be stored: as names of files, and in tables."""

import hashlib
import os

from data.errors import InputError
from data.text.readable_text import readable_line

LONGEST_ID = 230
"""Bytes of an ID; the names of files that begin with it must stay below 255, also while they are written."""

_DIGITS = 8


def safe_id(name: str, where: object) -> tuple[str, InputError | None]:
    """Return the ID of a field of some name, and why it cannot be stored, or None.

    Characters that are none are written as numbers. A name that is too long is cut, with a hash at its end,
    for messages.
    """
    image_id = readable_line(name)
    encoded = image_id.encode()
    if len(encoded) <= LONGEST_ID:
        return image_id, None
    shortened = f"{encoded[: LONGEST_ID - _DIGITS - 1].decode(errors='ignore')}-{hash_name(name)}"
    fault = InputError(
        found=f"an ID of {len(encoded)} bytes",
        where=where,
        expected=f"{LONGEST_ID} at most",
        advice="shorten the names of the files, or of the folders before them",
    )
    return shortened, fault


def hash_name(name: str) -> str:
    """Return a short hash of a name, of which no two alike are to be expected."""
    return hashlib.sha256(os.fsencode(name)).hexdigest()[:_DIGITS]
