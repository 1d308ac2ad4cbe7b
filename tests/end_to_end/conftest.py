import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.factories.command_line import run_command
from tests.factories.kept_conversions import keep_conversions
from tests.factories.simulated_set import simulate_into

PATIENCE_SECONDS = 200
"""Less than the time after which pytest gives up, so that a command which hangs is asked where."""

RECIPE = """
images = "{images}"
device = "cpu"
[tiles]
size = 32
[backbone]
name = "test_efficientnet"
pretrained = "none"
[fit]
epochs = 1
"""

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module", autouse=True)
def kept_conversions() -> Iterator[None]:
    """Convert each classifier once for all commands in this process."""
    with pytest.MonkeyPatch.context() as patch:
        keep_conversions(patch)
        yield


@pytest.fixture(scope="session")
def hpacells() -> Run:
    """The command line; the exit status is checked against ``status``.

    It runs in this process, which has its libraries; ``apart=True`` starts the installed command, for what
    depends on a process of its own.
    """

    def run(*arguments: object, status: int = 0, apart: bool = False) -> subprocess.CompletedProcess[str]:
        return (run_apart if apart else run_command)(*arguments, status=status)

    return run


def run_apart(*arguments: object, status: int = 0) -> subprocess.CompletedProcess[str]:
    """Run the installed command in a process of its own; the exit status is checked."""
    command = [str(Path(sys.executable).with_name("hpacells")), *map(str, arguments)]
    environment = os.environ | {"COLUMNS": "200", "PYTHONFAULTHANDLER": "1"}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )
    try:
        stdout, stderr = process.communicate(timeout=PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        # Has it tell where each of its threads stands.
        process.send_signal(signal.SIGABRT)
        stdout, stderr = process.communicate()
    done = subprocess.CompletedProcess(command, process.returncode, stdout, stderr)
    assert done.returncode == status, f"{command}\n{done.stdout}\n{done.stderr}"
    return done


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six simulated fields of 768 px; tests read them and change nothing."""
    folder = tmp_path_factory.mktemp("simulated")
    simulate_into(folder, fields=6, size=768, seed=11)
    return folder


@pytest.fixture(scope="session")
def predicted(simulated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished work folder of these, whose predictions lean on the image's mean; modules copy it."""
    work = tmp_path_factory.mktemp("predicted") / "work"
    run_command("run", simulated, "--work", work, "--set", "predict.image_weight=0.5")
    return work


@pytest.fixture
def write_recipe(tmp_path: Path) -> Callable[[str], Path]:
    """Write a recipe of one pass of a tiny network, on images with one label ("single") or on all ("all")."""

    def write(images: str) -> Path:
        path = tmp_path / "recipe.toml"
        path.write_text(RECIPE.format(images=images))
        return path

    return write
