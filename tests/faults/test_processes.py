"""Which operations of a command count, before each of which it may be killed."""

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import os, shutil, sys
from pathlib import Path
from tests.factories.whole_job.processes import writes_to
folder, counted = Path(sys.argv[1]), []
sys.addaudithook(lambda *event: counted.append(event[0]) if writes_to(str(folder), *event) else None)
(folder / "a/b").mkdir(parents=True)
(folder / "a/c").write_text("1")
os.link(folder / "a/c", folder / "a/b/d")
(folder / "a/c").rename(folder / "a/e")
(folder / "a/e").read_text()
(folder.parent / "elsewhere").write_text("1")
shutil.rmtree(folder / "a")
print(*counted)
"""


def test_all_that_writes_in_the_folder_counts_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    # Of its own: what listens for events cannot be taken away again.
    command = [sys.executable, "-c", PROGRAM, str(folder.resolve())]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    made = ["os.mkdir"] * 3 + ["open", "os.link", "os.rename"]
    counted = done.stdout.split()
    # Where the folder above is missing, one is tried twice.
    assert counted[: len(made)] == made
    removed = ["os.remove", "os.remove", "os.rmdir", "os.rmdir"]
    assert sorted(counted[len(made) :]) == removed
    assert not (folder / "a").exists()
