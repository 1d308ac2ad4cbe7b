"""Environments with other programs from PyPI, each made once in the machine's cache."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

MakeEnvironment = Callable[..., Path]


@pytest.fixture(scope="session")
def make_environment() -> MakeEnvironment:
    """Make a virtual environment of a name with some packages, and return its folder."""
    return _make


def _make(name: str, *packages: str) -> Path:
    """Return a virtual environment with some packages; the test is skipped where they cannot be installed."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "hpacells-tests"
    folder = cache / f"{name}-{sys.version_info.major}.{sys.version_info.minor}"
    listed = folder / "packages.txt"
    if listed.is_file() and listed.read_text().split() == list(packages):
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    pip = [str(folder / "bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    for command in ([sys.executable, "-m", "venv", str(folder)], [*pip, *packages]):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"{' '.join(packages)} cannot be installed: {done.stderr.strip()[-300:]}")
    listed.write_text("\n".join(packages))
    return folder
