"""The packages that read microscopes' own formats; they are installed on request."""

import importlib
import sys
from pathlib import Path
from typing import Any

from data.errors import InputError

EXTRA = "hpacells[formats]"


def import_reader(module: str, format_name: str, path: Path) -> Any:
    """Import a package that reads a format.

    Raises
    ------
    InputError
        It is not installed; the command that installs it is named.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        package = module.partition(".")[0]
        if error.name != package:
            raise
        raise InputError(
            found=f"a {format_name} file, and the package {package} that reads it is not installed",
            where=path,
            advice=f'install it with "{sys.executable}" -m pip install "{EXTRA}", or export as OME-TIFF',
        ) from None
