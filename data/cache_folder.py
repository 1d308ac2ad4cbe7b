"""The folder of what hpacells keeps on this machine to save work: converted networks, copies of files."""

import os
from pathlib import Path

CACHE_VARIABLE = "HPACELLS_CACHE"
"""Environment variable with the folder to use instead of the user's cache."""


def cache_folder() -> Path:
    """Return that folder: in `CACHE_VARIABLE`, or in the user's cache folder; it need not exist."""
    given = os.environ.get(CACHE_VARIABLE)
    if given:
        return Path(given).expanduser().absolute()
    import pooch

    return Path(pooch.os_cache("hpacells"))
