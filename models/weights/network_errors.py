"""What to do where the network does not answer."""

from collections.abc import Iterator
from contextlib import contextmanager

import requests

from data.errors import InputError


@contextmanager
def network_errors(files: str, source: str, command: str) -> Iterator[None]:
    """Explain an error of the network, for as long as the block lasts.

    Parameters
    ----------
    files
        The files that are to be fetched.
    source
        Where they are published.
    command
        What takes them from a folder DIR.

    Raises
    ------
    InputError
        In place of every error of ``requests``.
    """
    try:
        yield
    except requests.RequestException as error:
        response = error.response
        found = f"{response.status_code} {response.reason}" if response is not None else _reason(error)
        raise InputError(
            found=f"cannot be downloaded ({found})",
            where=f"weights {files}",
            expected=f"access to {source} (through HTTPS_PROXY, where that is set)",
            advice="try again, which resumes the download, or copy the files from a machine with "
            f"access into a folder DIR and run `{command}`",
        ) from error


def _reason(error: Exception) -> str:
    """Return the innermost cause, which is what says something."""
    while error.args and isinstance(error.args[0], Exception):
        error = error.args[0]
    return str(getattr(error, "reason", None) or error).rpartition(": ")[2] or type(error).__name__
