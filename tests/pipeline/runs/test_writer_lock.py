import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from data.errors import InputError
from pipeline.runs.writer_lock import LOCK_NAME, sole_writer

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
