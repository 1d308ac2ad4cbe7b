import errno
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from data.errors import InputError
from pipeline.runs.writer_lock import FILE_LOCK_NAME, LOCK_NAME, refuse_other_writer, sole_writer

HOLDER = """
import sys, time
from pathlib import Path
from pipeline.runs.writer_lock import sole_writer
sys.argv = ["hpacells", "segment", "images"]
with sole_writer(Path(sys.stdin.readline().strip())):
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def holder(tmp_path: Path):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{tmp_path}\n")
    process.stdin.flush()
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()


def test_a_second_writer_is_told_who_the_first_is(tmp_path: Path, holder: subprocess.Popen) -> None:
    with pytest.raises(InputError) as error, sole_writer(tmp_path):
        pass
    told = str(error.value)
    assert f"`hpacells segment images`, process {holder.pid} on " in told
    assert "--work" in told


@pytest.mark.parametrize("end", ["kill", "terminate", "communicate"])
def test_the_lock_ends_with_its_holder(tmp_path: Path, holder: subprocess.Popen, end: str) -> None:
    getattr(holder, end)()
    holder.wait()
    with sole_writer(tmp_path):
        assert json.loads((tmp_path / LOCK_NAME).read_text())["process"] == os.getpid()
    assert not (tmp_path / LOCK_NAME).exists()


def test_blocks_of_one_process_nest(tmp_path: Path) -> None:
    with sole_writer(tmp_path):
        with sole_writer(tmp_path):
            pass
        assert (tmp_path / LOCK_NAME).read_bytes() != b""
        other = subprocess.run(
            [sys.executable, "-c", HOLDER], input=f"{tmp_path}\n", capture_output=True, text=True, check=False
        )
        assert "another hpacells is writing there" in other.stderr
    with sole_writer(tmp_path):
        pass


def test_another_folder_is_free(tmp_path: Path, holder: subprocess.Popen) -> None:
    started = time.monotonic()
    with sole_writer(tmp_path / "other"):
        pass
    assert time.monotonic() - started < 30
    assert holder.poll() is None


def test_looking_changes_nothing(tmp_path: Path, holder: subprocess.Popen) -> None:
    with pytest.raises(InputError, match=f"process {holder.pid} on"):
        refuse_other_writer(tmp_path)
    holder.kill()
    holder.wait()
    refuse_other_writer(tmp_path)
    refuse_other_writer(tmp_path / "none")
    assert not (tmp_path / "none").exists()
    with sole_writer(tmp_path):
        refuse_other_writer(tmp_path)


def test_a_holder_on_another_host_is_told_with_what_to_do(tmp_path: Path, holder: subprocess.Popen) -> None:
    path = tmp_path / LOCK_NAME
    path.write_text(json.dumps(json.loads(path.read_text()) | {"host": "elsewhere"}))
    with pytest.raises(InputError, match=rf"on elsewhere.*; if it does not run any more, remove {path}"):
        refuse_other_writer(tmp_path)
    path.unlink()
    with sole_writer(tmp_path):
        pass


@pytest.fixture
def no_flock(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", fail)


@pytest.mark.usefixtures("no_flock")
def test_without_locks_of_the_file_system_a_file_is_the_lock(tmp_path: Path) -> None:
    path = tmp_path / FILE_LOCK_NAME
    with sole_writer(tmp_path):
        holder = json.loads(path.read_text())
    assert [*tmp_path.iterdir()] == []
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    for host, process, is_free in (
        (holder["host"], os.getpid(), False),
        ("elsewhere", ended.pid, False),
        (holder["host"], ended.pid, True),
    ):
        path.write_text(json.dumps(holder | {"host": host, "process": process}))
        if is_free:
            refuse_other_writer(tmp_path)
            with sole_writer(tmp_path):
                assert json.loads(path.read_text())["process"] == os.getpid()
            continue
        for attempt in (refuse_other_writer, lambda folder: sole_writer(folder).__enter__()):
            with pytest.raises(InputError, match=f"remove {path}"):
                attempt(tmp_path)
        assert path.exists()
