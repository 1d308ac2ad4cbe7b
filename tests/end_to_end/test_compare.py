"""Two segmenters, or one and known masks, compared from the command line."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def images(simulated: Path, tmp_path: Path) -> Path:
    """Two of the simulated fields."""
    folder = tmp_path / "images"
    folder.mkdir()
    for path in simulated.glob("*.png"):
        if path.name.startswith(("sim-11-00001_", "sim-11-00002_")):
            shutil.copy(path, folder)
    return folder


def test_a_segmenter_against_known_masks(
    hpacells: Run, simulated: Path, images: Path, tmp_path: Path
) -> None:
    command = ["segmenter", "compare", "classical", simulated / "masks", "--images", images]
    done = hpacells(*command, "--output", tmp_path / "out")
    summary = json.loads((tmp_path / "out/summary.json").read_text())
    assert summary["pooled"]["f1"] > 0.7
    assert f"{summary['pooled']['f1']:.3f}" in done.stdout.splitlines()[-1]
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "cells.csv",
        "summary.json",
        "worst.png",
        "compare.json",
        ".written.json",
    }
    again = hpacells(*command, "--output", tmp_path / "out")
    assert again.stdout == done.stdout
    assert "done before" in again.stderr
    # The same without a folder to write to, and with pixels of another size.
    assert hpacells(*command).stdout == done.stdout
    assert hpacells(*command, "--pixel-size", 0.2).stdout != done.stdout


def test_a_bad_field_is_told_and_the_others_are_compared(
    hpacells: Run, simulated: Path, images: Path
) -> None:
    (images / "sim-11-00001_red.png").write_bytes(b"no image")
    done = hpacells("segmenter", "compare", "classical", simulated / "masks", "--images", images, status=2)
    assert "left out sim-11-00001" in done.stderr
    assert done.stdout.splitlines()[2].startswith("sim-11-00002")


@pytest.mark.parametrize("name", ["nosuch", "images"])
def test_what_is_no_source_of_cells_is_one_line(hpacells: Run, images: Path, name: str) -> None:
    given = images if name == "images" else name
    done = hpacells("segmenter", "compare", given, "classical", "--images", images, status=2)
    assert done.stderr.count("\n") == 1
    assert "expected" in done.stderr
    assert not done.stdout
