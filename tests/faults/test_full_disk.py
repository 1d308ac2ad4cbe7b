"""A disk that is full: one line, exit status 2, and the same command goes on once there is room."""

import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.factories.whole_job.processes import start
from tests.factories.whole_job.states.copies import copy
from tests.factories.whole_job.tally import begin_tally
from tests.faults.conftest import Lines, stages

PAGE_BYTES = 4096


def check_messages(status: int, messages: str) -> None:
    assert "Traceback" not in messages, messages
    assert status == 0 or (status == 2 and "hpacells: error: " in messages), (status, messages)


@pytest.mark.parametrize(("stage", "count"), stages(("segment", "crops", "combine"), 1, 20))
def test_files_that_must_not_grow(lines: Lines, tmp_path: Path, stage: str, count: int) -> None:
    tally = begin_tally("files limited in size", stage)
    runs, work = lines.of(stage), tmp_path / "work"
    expected = runs.usual(stage)
    largest = max(path.stat().st_size for path in expected.rglob("*") if path.is_file())
    command = runs.command(work, stage, changed=True)
    for number in range(count):
        # Evenly spread over the orders of magnitude, for most files are small.
        limit = int(PAGE_BYTES * (largest / PAGE_BYTES) ** random.Random(f"{stage} {number}").random())
        copy(runs.usual(stage), work)

        def attempt(limit: int = limit) -> list[str]:
            started = start(command, work, tmp_path / "log", largest_file=limit)
            check_messages(started.wait(), started.messages())
            return runs.finish(work, stage, stage)

        tally.add(f"{number}, {limit} bytes", attempt)
    tally.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a disk of its own in memory, where this user may have one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(folder)], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"no disk of its own: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def resize(disk: Path, size: int) -> None:
    subprocess.run(["mount", "-o", f"remount,size={size}", str(disk)], check=True)


def used_bytes(disk: Path) -> int:
    """Return what the files on a disk in memory take, in whole pages."""
    done = subprocess.run(["du", "-s", "-B1", str(disk)], capture_output=True, text=True, check=True)
    return int(done.stdout.split()[0])


@pytest.mark.parametrize(("stage", "count"), stages((), 1, 20))
def test_full_disk(lines: Lines, small_disk: Path, tmp_path: Path, stage: str, count: int) -> None:
    tally = begin_tally("full disk", stage)
    runs, work = lines.of(stage), small_disk / "work"
    command = runs.command(work, stage, changed=True)
    resize(small_disk, 2**30)
    copy(runs.usual(stage), work)
    used = used_bytes(small_disk)
    status = start(command, work, tmp_path / "log").wait()
    assert status == 0
    # Old and new results are there at once for a while.
    most = max(used_bytes(small_disk), PAGE_BYTES * 16)
    for number in range(count):
        resize(small_disk, 2**30)
        copy(runs.usual(stage), work)
        room = int(PAGE_BYTES * (most / PAGE_BYTES) ** random.Random(f"{stage} {number}").random())

        def attempt(room: int = room) -> list[str]:
            resize(small_disk, used + room)
            started = start(command, work, tmp_path / "log")
            check_messages(started.wait(), started.messages())
            resize(small_disk, 2**30)
            return runs.finish(work, stage, stage)

        tally.add(f"{number}, room of {room} bytes", attempt)
    tally.close()
