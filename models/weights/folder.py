"""Where converted weights are kept on this machine."""

import os
from pathlib import Path

import pooch

FOLDER_VARIABLE = "HPACELLS_WEIGHTS"
"""Environment variable with the folder to use instead of the user's cache."""


def weights_folder() -> Path:
    """Return the folder of converted weights: `FOLDER_VARIABLE`, or ``weights`` in the user's cache."""
    given = os.environ.get(FOLDER_VARIABLE)
    return Path(given).expanduser() if given else Path(pooch.os_cache("hpacells")) / "weights"
