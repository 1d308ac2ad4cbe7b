import lzma
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest


@pytest.fixture(scope="session")
def large_folder():
    """A folder that is removed at the end; pytest's own would keep gigabytes of several runs."""
    with TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def whole_module(shared, large_folder):
    """A whole-module pickle like the published ones, 557 MB, where entry i is filled with i + 1."""
    path = large_folder / "whole_module.pth"
    with lzma.open(shared / "reference/dpn_unet/whole_module.pth.xz") as source, path.open("wb") as target:
        shutil.copyfileobj(source, target, 1 << 20)
    return path
