import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def hpacells() -> Run:
    """The installed command, run in a process of its own; the exit status is checked against ``status``."""

    def run(*arguments: object, status: int = 0) -> subprocess.CompletedProcess[str]:
        command = [str(Path(sys.executable).with_name("hpacells")), *map(str, arguments)]
        environment = os.environ | {"COLUMNS": "200"}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        assert done.returncode == status, f"{command}\n{done.stdout}\n{done.stderr}"
        return done

    return run


@pytest.fixture(scope="session")
def simulated(hpacells: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six simulated fields of 768 px; tests read them and change nothing."""
    folder = tmp_path_factory.mktemp("simulated")
    hpacells("simulate", folder, "--fields", 6, "--size", 768, "--seed", 11)
    return folder
