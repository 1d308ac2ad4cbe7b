"""Every command where its paths are at fault: one line that names the path, and nothing else."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline.cli import main
from tests.factories.simulated_set import simulate_into

CONFIG = """
[train.tiles]
size = 32
[train.fit]
epochs = 1
[train.backbone]
name = "test_efficientnet"
pretrained = "none"
"""

ON_WORK = ("segment", "crops", "train", "find-rate", "predict", "combine", "evaluate", "explore", "inspect")
"""Commands that write to a work folder; features needs more cells than a test has."""

LATE = (*ON_WORK, "features", "score")

Call = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def base(hpacells, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Simulated images and a finished work folder; tests copy them."""
    base = tmp_path_factory.mktemp("base")
    (base / "small.toml").write_text(CONFIG)
    images = base / "images"
    simulate_into(images, fields=3, size=400, seed=3)
    labels, truth = images / "train.csv", images / "truth.csv"
    config = ("--config", base / "small.toml")
    hpacells("run", images, "--labels", labels, "--truth", truth, "--work", base / "work", *config)
    return base


def arguments(command: str, base: Path, work: Path) -> list[object]:
    images = base / "images"
    labels, config = ["--labels", images / "train.csv"], ["--config", base / "small.toml"]
    more: dict[str, list[object]] = {
        "segment": [images, "--set", "segment.pixel_size_um=0.09"],
        "crops": [images, "--neighbours", "keep"],
        "train": [*labels, *config, "--set", "train.seed=5"],
        "find-rate": [*labels, *config],
        "evaluate": [*labels, "--set", "evaluate.threshold=0.3"],
        "explore": labels,
        "features": labels,
        "inspect": [*labels, "--set", "inspect.max_fields=2"],
        "score": [base / "work/submission.csv", images / "truth.csv"],
    }
    return [command, *more.get(command, []), "--work", work]


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Call:
    """Give a command in this process; return its exit status and the last line of its messages."""

    def give(*given: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["hpacells", *map(str, given)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as stop:
            main()
        lines = capfd.readouterr().err.strip().splitlines() or [""]
        return int(stop.value.code or 0), lines[-1]

    return give


@pytest.mark.parametrize("command", LATE)
def test_a_file_in_place_of_the_work_folder(base: Path, tmp_path: Path, call: Call, command: str) -> None:
    work = tmp_path / "work"
    work.write_text("mine")
    status, told = call(*arguments(command, base, work))
    assert (status, told.split("error: ")[-1]) == (
        2,
        f"{work}: a file; expected the folder of a run; give another --work",
    )
    assert work.read_text() == "mine"


@pytest.mark.parametrize("command", LATE)
def test_a_folder_that_is_being_written_to(base: Path, tmp_path: Path, call: Call, command: str) -> None:
    holder = """
import sys
from pathlib import Path
from pipeline.runs.writer_lock import sole_writer
with sole_writer(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""
    command_line = [sys.executable, "-c", holder, str(tmp_path)]
    process = subprocess.Popen(command_line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        status, told = call(*arguments(command, base, tmp_path))
    finally:
        process.kill()
        process.communicate()
    assert status == 2
    assert f"another hpacells is writing there (`hpacells {tmp_path}`, process {process.pid} on " in told
    assert "since " in told


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own, where that is allowed."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", str(disk)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no disk may be mounted here")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


@pytest.mark.slow
@pytest.mark.parametrize(
    "command", ["segment", "crops", "train", "find-rate", "evaluate", "explore", "inspect"]
)
def test_a_full_disk(base: Path, full: Path, call: Call, command: str) -> None:
    work = full / "work"
    shutil.copytree(base / "work", work)
    room = os.statvfs(full).f_bavail * os.statvfs(full).f_bsize
    (full / "filler").write_bytes(bytes(room - 4096))
    given = arguments(command, base, work)
    status, told = call(*given)
    assert status == 2, told
    assert "No space left on device (" in told or "the disk is full (" in told
    assert "MiB left)" in told
    assert "free some" in told
    (full / "filler").unlink()
    assert call(*given)[0] == 0
    assert not [path for path in work.rglob(".*.*") if path.suffix == ".partial"]


@pytest.fixture
def unchangeable(base: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy of the work folder that not even root can write to, where that is allowed."""
    work = tmp_path / "work"
    shutil.copytree(base / "work", work)
    lock = ["chattr", "-R", "+i", str(work)]
    if shutil.which("chattr") is None or subprocess.run(lock, capture_output=True, check=False).returncode:
        pytest.skip("no folder can be made unchangeable here")
    yield work
    subprocess.run(["chattr", "-R", "-i", str(work)], check=True)


def test_a_folder_that_cannot_be_written_to(base: Path, unchangeable: Path, call: Call) -> None:
    for command in ON_WORK:
        status, told = call(*arguments(command, base, unchangeable))
        if status == 0 and "done before" in told:
            continue
        assert status == 2
        assert f"{unchangeable}/" in told, command
        assert "permissions" in told


@pytest.mark.parametrize("where", ["folder", "predictions.parquet", "predict.json", "image", "in a file"])
def test_where_a_submission_is_not_written(base: Path, tmp_path: Path, call: Call, where: str) -> None:
    work = tmp_path / "work"
    shutil.copytree(base / "work", work)
    image = tmp_path / "a_red.png"
    image.write_text("image")
    (tmp_path / "folder").mkdir()
    places = {"folder": tmp_path / "folder", "image": image, "in a file": image / "a.csv"}
    output = places.get(where, work / where)
    before = output.read_bytes() if output.is_file() else None
    status, told = call("combine", "--work", work, "--output", output)
    assert status == 2
    assert str(image if where == "in a file" else output) in told
    assert (output.read_bytes() if output.is_file() else None) == before


def test_a_report_with_a_user_s_file_stays(base: Path, tmp_path: Path, call: Call) -> None:
    work = tmp_path / "work"
    shutil.copytree(base / "work", work)
    (work / "report/notes.txt").write_text("mine")
    status, told = call(*arguments("inspect", base, work))
    assert status == 2
    assert f"{work / 'report'}: notes.txt, which hpacells did not write" in told
    assert (work / "report/notes.txt").read_text() == "mine"


def test_crops_of_other_pictures_under_the_same_names(base: Path, tmp_path: Path, call: Call) -> None:
    work, moved, other = tmp_path / "work", tmp_path / "moved", tmp_path / "other"
    shutil.copytree(base / "work", work)
    shutil.copytree(base / "images", moved)
    assert call("crops", moved, "--work", work)[0] == 0
    shutil.copytree(base / "images", other)
    first, second = (f"{image.name[:-8]}" for image in sorted(other.glob("*_red.png"))[:2])
    for channel in ("red", "green", "blue", "yellow"):
        shutil.copy(other / f"{second}_{channel}.png", other / f"{first}_{channel}.png")
    status, told = call("crops", other, "--work", work)
    assert status == 2
    assert f"left out {first}: {other}/{first}_" in told
    assert "picture that was segmented" in told
    assert [entry["where"] for entry in json.loads((work / "crops.json").read_text())["failures"]] == [first]
