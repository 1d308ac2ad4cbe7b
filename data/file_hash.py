"""What tells one file's content from another's."""

import hashlib
from pathlib import Path

from data.errors import InputError


def hash_file(path: Path) -> str:
    """Compute the SHA-256 of a file's content, in hexadecimal.

    Raises
    ------
    InputError
        The file cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(
            error.strerror or str(error), where=path, expected="a readable file", advice="check the path"
        ) from None
