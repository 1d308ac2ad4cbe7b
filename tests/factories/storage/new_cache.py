"""A cache as of another machine: without copies of files, but with the networks converted so far."""

import os
from pathlib import Path

import pytest

OF_THE_MACHINE = ("openvino", "runtimes")
"""What the cache has of networks and runtimes: it takes seconds to make, and no URL changes it."""


def use_new_cache(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let commands keep their copies in a folder, which is made where it is missing."""
    before = Path(os.environ["HPACELLS_CACHE"])
    patch.setenv("HPACELLS_CACHE", str(folder))
    if folder.is_dir():
        return
    folder.mkdir()
    for name in OF_THE_MACHINE:
        kept = before / name
        kept.mkdir(parents=True, exist_ok=True)
        # The program removes a folder that is empty.
        (kept / ".keep").touch()
        (folder / name).symlink_to(kept.resolve(), target_is_directory=True)
