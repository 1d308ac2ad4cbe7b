"""Files that are given by a path, or by the name of one that comes with hpacells."""

import logging
from os import PathLike
from pathlib import Path

log = logging.getLogger("hpacells")


def find_named(given: str | PathLike[str], bundled: Path, what: str) -> Path:
    """Return the file that is given: the bundled one of that name, unless it is a path.

    What lies in the current folder under the name of a bundled one has no say, since defaults are such names,
    too; of a file there the user is warned.

    Parameters
    ----------
    given
        A path, or a text without a slash that may be a name.
    bundled
        Folder of the bundled TOML files.
    what
        What they are, for the warning.
    """
    path = Path(given)
    if isinstance(given, str) and "/" not in given:
        named = bundled / f"{given}.toml"
        if named.is_file():
            if path.is_file():
                log.warning(
                    "%s: the %s that comes with hpacells is taken, not the file of that name here; give ./%s "
                    "for that",
                    given,
                    what,
                    given,
                )
            return named
    return path
