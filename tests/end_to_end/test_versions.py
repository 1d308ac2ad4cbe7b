"""What a user is told where OpenCV, or what finished work was made with, is not what is installed now."""

import json
import os
import shutil
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import pytest
import tomli_w

from models.classifiers.bundled import find_classifier_folder

OLD = "import cv2\ncv2.__version__ = '4.14.0'\n"
"""What Python runs at its start in a process that is to believe in an older OpenCV."""


@pytest.fixture
def old_opencv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Return a context in which commands import an older OpenCV."""
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "sitecustomize.py").write_text(OLD)

    @contextmanager
    def installed() -> Iterator[None]:
        paths = [str(tmp_path / "old"), os.environ.get("PYTHONPATH", "")]
        with monkeypatch.context() as environment:
            environment.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))
            yield

    return installed


@pytest.fixture
def images(simulated: Path, tmp_path: Path) -> Path:
    """Return a folder of two of the simulated fields."""
    folder = tmp_path / "images"
    folder.mkdir()
    for image_id in sorted({path.name.rsplit("_", 1)[0] for path in simulated.glob("*_blue.*")})[:2]:
        for path in simulated.glob(f"{image_id}_*"):
            shutil.copy2(path, folder)
    return folder


def warnings_of(done) -> list[str]:
    return [line for line in done.stderr.splitlines() if line.startswith("hpacells: warning")]


def test_an_older_opencv_is_told_of_and_recorded(hpacells, images: Path, tmp_path: Path, old_opencv) -> None:
    with old_opencv():
        done = hpacells(
            "segment", images, "--work", tmp_path / "work", "--segmenter", "classical", apart=True
        )
        findings = hpacells("doctor", apart=True).stdout
    [warning] = warnings_of(done)
    assert "OpenCV 4.14.0 is imported" in warning
    assert "pip install" in warning
    manifest = json.loads((tmp_path / "work" / "segment.json").read_text())
    assert manifest["versions"]["opencv"] == "4.14.0"
    assert "  4.14.0 at " in findings


def test_a_folder_half_segmented_with_an_older_opencv(
    hpacells, images: Path, tmp_path: Path, old_opencv
) -> None:
    second = tmp_path / "second"
    second.mkdir()
    last = max(images.glob("*_blue.*")).name.rsplit("_", 1)[0]
    for path in images.glob(f"{last}_*"):
        path.rename(second / path.name)
    segment = ("segment", images, "--work", tmp_path / "work", "--segmenter", "classical")
    with old_opencv():
        hpacells(*segment, apart=True)
    for path in second.iterdir():
        path.rename(images / path.name)
    [warning] = warnings_of(hpacells(*segment))
    assert f"1 of 2 fields were segmented before with OpenCV 4.14.0 ({cv2.__version__} is" in warning
    [warning] = warnings_of(hpacells("crops", images, "--work", tmp_path / "work"))
    assert "segment was done with OpenCV 4.14.0 (" in warning
    assert "for 1 of its fields" in warning


def test_crops_of_fields_that_an_older_opencv_segmented(
    hpacells, images: Path, tmp_path: Path, old_opencv
) -> None:
    segment = ("segment", images, "--work", tmp_path / "work", "--segmenter", "classical")
    with old_opencv():
        hpacells(*segment, apart=True)
    # A process says it once.
    for command in (segment, ("crops", images, "--work", tmp_path / "work")):
        [warning] = warnings_of(hpacells(*command, apart=True))
        assert "segment was done with OpenCV 4.14.0" in warning


def test_a_classifier_that_was_trained_with_another_opencv(hpacells, images: Path, tmp_path: Path) -> None:
    model, work = tmp_path / "model", tmp_path / "work"
    shutil.copytree(find_classifier_folder("simhpa19"), model)
    description = tomllib.loads((model / "model.toml").read_text())
    description["versions"] |= {"opencv": "4.14.0", "numpy": "2.1.0"}
    (model / "model.toml").write_text(tomli_w.dumps(description))
    done = hpacells("run", images, "--work", work, "--model", model)
    [warning] = warnings_of(done)
    assert f"{model}: trained with OpenCV 4.14.0 ({cv2.__version__} is installed); " in warning
    assert "numpy" not in warning
