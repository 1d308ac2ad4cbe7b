"""Where files may be written: where there is room, and not among the images."""

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


def refuse_images_dir(folder: Path, images_dir: Path | None) -> None:
    """Refuse a folder in which images would be found as further fields, with the same cells again.

    Raises
    ------
    InputError
        The folder is that of the images, or in it.
    """
    if images_dir is not None and folder.resolve().is_relative_to(images_dir.resolve()):
        raise InputError(
            found="a folder inside that of the images, whose fields would then be there twice",
            where=folder,
            expected="a folder elsewhere",
            advice="give one with --output",
        )
