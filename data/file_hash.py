"""What tells one file's content from another's."""

import hashlib
from pathlib import Path

from data.errors import InputError


def hash_file(path: Path) -> str:
    """Compute the SHA-256 of a file's content, in hexadecimal.

    Raises
    ------
    InputError
        The file cannot be read, or is a pipe, of which nothing would be left to be read.
    """
    if path.is_fifo():
        raise InputError(
            found="a pipe, which can be read once only",
            where=path,
            expected="a file",
            advice="write it to a file, and give that",
        )
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(
            error.strerror or str(error), where=path, expected="a readable file", advice="check the path"
        ) from None
