"""TOML files of users."""

import tomllib
from pathlib import Path
from typing import Any


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file; a byte order mark, as editors on Windows write it, is passed over.

    Raises
    ------
    OSError
        It cannot be opened.
    ValueError
        It is no UTF-8 or no TOML, or is nested or has numbers beyond all reason.
    """
    return parse_toml(path.read_bytes().decode("utf-8-sig"))


def parse_toml(text: str) -> dict[str, Any]:
    """Read TOML; errors as of ``read_toml``."""
    try:
        # Universal line ends, as of a file that is opened as text.
        return tomllib.loads(text.replace("\r\n", "\n"))
    except RecursionError:
        message = "nested too deep"
        raise ValueError(message) from None
