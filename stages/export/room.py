"""Whether there is room on the disk for what is written."""

import shutil
from pathlib import Path

from data.errors import InputError


def check_room(path: Path, size: int) -> None:
    """Check that a file of so many bytes finds room.

    Raises
    ------
    InputError
        It does not.
    """
    folder = path.absolute().parent
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if size > free:
        raise InputError(
            found=f"about {size / 1e9:.1f} GB to write, and {free / 1e9:.1f} GB free on the disk",
            where=path,
            expected="room for the file",
            advice="free some, or give --output on another disk",
        )
