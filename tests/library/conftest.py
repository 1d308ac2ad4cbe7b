from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import hpacells as hpa
from models.classifiers.bundled import find_classifier_folder
from pipeline.cli import app
from tests.factories.kept_conversions import keep_conversions

Run = Callable[..., None]


@pytest.fixture(scope="module", autouse=True)
def kept_conversions() -> Iterator[None]:
    """Convert each classifier once for all sessions and commands in this process."""
    with pytest.MonkeyPatch.context() as patch:
        keep_conversions(patch)
        yield


@pytest.fixture(scope="session")
def run_command() -> Run:
    """Run a command of hpacells in this process."""

    def run(*arguments: object) -> None:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        assert result.exit_code == 0, f"{arguments}\n{result.output}\n{result.exception!r}"

    return run


@pytest.fixture(scope="module")
def session_folder(run_command: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the examples run.

    ``my_images`` has one field, A1; ``work/demo`` is its work folder; ``submission.csv`` and ``truth.csv``
    name one cell, which is found.
    """
    folder = tmp_path_factory.mktemp("session")
    hpa.simulate_field(seed=5, size=400).write_image(folder / "my_images", "A1")
    work = folder / "work/demo"
    run_command("segment", folder / "my_images", "--work", work, "--segmenter", "classical")
    run_command("crops", folder / "my_images", "--work", work)
    run_command(
        "predict", "--work", work, "--model", find_classifier_folder("simhpa19"), "--runtime", "torch"
    )
    run_command("combine", "--work", work)
    mask = np.zeros((4, 6), bool)
    mask[1:3, 2:4] = True
    for name, confidence in (("submission.csv", 0.9), ("truth.csv", 1)):
        row = hpa.SubmissionRow("A1", 6, 4, f"7 {confidence} {hpa.encode_mask(mask)}")
        hpa.write_submission(folder / name, [row])
    return folder
