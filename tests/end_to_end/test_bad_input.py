"""What a user can do wrong: one line on stderr and exit status 2, or the field left out and counted."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile


def one_line(done) -> str:
    assert done.stdout == ""
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("hpacells: error: ")
    return lines[0]


@pytest.fixture
def images(simulated: Path, tmp_path: Path) -> Path:
    """Two good fields, for a test to spoil one of them."""
    folder = tmp_path / "images"
    folder.mkdir()
    for number in (1, 2):
        for path in simulated.glob(f"sim-11-0000{number}_*.png"):
            shutil.copy(path, folder)
    return folder


def test_empty_and_missing_folders(hpacells, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    work = tmp_path / "work"
    assert "no field found" in one_line(hpacells("segment", empty, "--work", work, status=2))
    assert "no such folder" in one_line(hpacells("segment", tmp_path / "nothing", "--work", work, status=2))
    assert not work.exists()


def _remove_red(images: Path) -> None:
    (images / "sim-11-00001_red.png").unlink()


def _truncate_blue(images: Path) -> None:
    path = images / "sim-11-00001_blue.png"
    path.write_bytes(path.read_bytes()[:2000])


def _shrink_red(images: Path) -> None:
    cv2.imwrite(str(images / "sim-11-00001_red.png"), np.zeros((10, 10), np.uint8))


def _float_blue(images: Path) -> None:
    (images / "sim-11-00001_blue.png").unlink()
    tifffile.imwrite(images / "sim-11-00001_blue.tif", np.full((768, 768), 300.5, np.float32))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (_remove_red, "no red channel"),
        (_truncate_blue, "sim-11-00001_blue.png: unreadable or truncated"),
        (_shrink_red, "10 x 10 px"),
        (_float_blue, "pixels of type float32"),
    ],
)
def test_one_bad_field_does_not_stop_the_others(
    hpacells, images: Path, tmp_path: Path, spoil, why: str
) -> None:
    spoil(images)
    work = tmp_path / "work"
    done = hpacells("segment", images, "--work", work, status=2)
    assert why in done.stderr
    assert "Traceback" not in done.stderr
    manifest = json.loads((work / "segment.json").read_text())
    assert [failure["where"] for failure in manifest["failures"]] == ["sim-11-00001"]
    assert why in manifest["failures"][0]["why"]
    assert {path.name for path in (work / "masks").glob("*.png")} == {
        "sim-11-00002_cells.png",
        "sim-11-00002_nuclei.png",
    }
    hpacells("segment", images, "--work", work, "--allow-failed")
    hpacells("crops", images, "--work", work)


def test_a_missing_protein_channel_is_found_by_the_first_stage_that_reads_it(
    hpacells, images: Path, tmp_path: Path
) -> None:
    (images / "sim-11-00001_green.png").unlink()
    work = tmp_path / "work"
    hpacells("segment", images, "--work", work)
    done = hpacells("crops", images, "--work", work, status=2)
    assert "no green channel" in done.stderr
    manifest = json.loads((work / "crops.json").read_text())
    assert manifest["details"]["dropped"]["unreadable"] > 0
    assert manifest["counts"]["kept"] > 0


@pytest.fixture(scope="module")
def cropped(hpacells, simulated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    work = tmp_path_factory.mktemp("cropped")
    hpacells("segment", simulated, "--work", work)
    hpacells("crops", simulated, "--work", work)
    return work


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ID,Label\nother,3\n", "none of the 6 images has a label"),
        ("ID,Label\nsim-11-00001,19\n", "line 2: label '19' is not a class; expected class numbers 0..18"),
        ("image,class\na,1\n", "no column ID and no column Label"),
    ],
)
def test_bad_labels(hpacells, cropped: Path, tmp_path: Path, text: str, message: str) -> None:
    labels = tmp_path / "labels.csv"
    labels.write_text(text)
    assert message in one_line(hpacells("train", "--work", cropped, "--labels", labels, status=2))


def test_a_stage_asks_for_the_one_before(hpacells, simulated: Path, tmp_path: Path) -> None:
    work, labels = tmp_path / "work", simulated / "train.csv"
    for stage, before in (
        ("crops", "segment"),
        ("train", "crops"),
        ("predict", "train"),
        ("combine", "predict"),
    ):
        arguments = {"crops": (simulated,), "train": ("--labels", labels)}.get(stage, ())
        line = one_line(hpacells(stage, *arguments, "--work", work, status=2))
        assert f"run `hpacells {before}`" in line


def test_mistyped_commands_options_and_settings(hpacells, simulated: Path, tmp_path: Path) -> None:
    assert "No such command" in one_line(hpacells("segmnt", status=2))
    assert "Missing option" in one_line(hpacells("segment", simulated, status=2))
    work = ("--work", tmp_path / "work")
    line = one_line(hpacells("segment", simulated, *work, "--segmenter", "nonsense", status=2))
    assert "nonsense" in line
    assert "classical" in line
    line = one_line(hpacells("segment", simulated, *work, "--set", "segment.nothing=1", status=2))
    assert "unknown setting segment.nothing" in line


def test_bad_submissions(hpacells, simulated: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text(
        "ID,ImageWidth,ImageHeight,PredictionString\nsim-11-00001,768,768,0 high eNoLCAgIMAEABJkBdQ==\n"
    )
    line = one_line(hpacells("score", bad, simulated / "truth.csv", status=2))
    assert "sim-11-00001" in line
    assert "high" in line
    assert (
        "no such file"
        in one_line(hpacells("score", tmp_path / "no.csv", simulated / "truth.csv", status=2)).lower()
    )


def test_ctrl_c_is_reported_in_one_line_and_the_same_command_goes_on(
    hpacells, images: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    command = [str(Path(sys.executable).with_name("hpacells")), "simulate", str(out), "--fields", "40"]
    # A shell that runs tests in the background has its children ignore Ctrl-C.
    default = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.default_int_handler)}
    running = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, **default)
    deadline = time.monotonic() + 60
    while not list(out.glob("*_red.png")) and time.monotonic() < deadline:
        time.sleep(0.1)
    running.send_signal(signal.SIGINT)
    _, told = running.communicate(timeout=60)
    assert running.returncode == 130
    assert told == "hpacells: error: stopped; the same command resumes where it stopped\n"
    assert not (out / "simulate.json").exists()
    hpacells("simulate", out, "--fields", "2")
    assert len(list(out.glob("*_red.png"))) == 2


def test_a_folder_that_is_not_utf8_is_one_line_before_any_work(
    hpacells, simulated: Path, tmp_path: Path
) -> None:
    folder = tmp_path / os.fsdecode(b"plate\xb5")
    folder.symlink_to(simulated)
    work = tmp_path / "work"
    told = hpacells("segment", folder, "--work", work, "--segmenter", "classical", status=2).stderr
    assert "plate%B5: a name that is not UTF-8" in told
    assert "Traceback" not in told
    assert not work.exists()
