import math
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import cv2
import pytest
import torch

from data.cores import available_cores
from pipeline.engines.local import LocalEngine


@pytest.mark.parametrize("processes", [False, True])
def test_results_in_order_and_errors_in_place(processes: bool) -> None:
    engine = LocalEngine(workers=2)
    numbers = [0, 1, 4, -1, 9]
    results = list(engine.map(math.sqrt, numbers, description="test", total=5, processes=processes))
    assert [item for item, _ in results] == numbers
    assert [result for item, result in results if item >= 0] == [0, 1, 2, 3]
    assert isinstance(results[3][1], ValueError)


@pytest.mark.parametrize(("workers", "items"), [(1, 3), (4, 1)])
def test_a_single_worker_is_no_process(workers: int, items: int) -> None:
    def process(_: int) -> int:
        return os.getpid()

    results = LocalEngine(workers).map(process, range(items), description="test", total=items, processes=True)
    assert [result for _, result in results] == [os.getpid()] * items


def test_runs_in_parallel() -> None:
    both = threading.Barrier(2, timeout=20)
    results = list(LocalEngine(workers=2).map(lambda _: both.wait(), range(2), description="test"))
    assert sorted(result for _, result in results) == [0, 1]


def test_only_a_bounded_number_is_in_flight() -> None:
    started: list[int] = []
    results = LocalEngine(workers=2).map(started.append, range(100), description="test")
    next(results)
    time.sleep(0.2)
    assert len(started) <= 6
    results.close()
    assert len(started) < 100


def test_an_interrupt_gets_through() -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(LocalEngine(workers=2).map(interrupt, range(5), description="test"))


def test_progress_is_quiet_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with LocalEngine(workers=1).track("test", 3) as advance:
        advance(3)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(("workers", "items"), [(1, 3), (available_cores(), 8), (available_cores(), 1)])
def test_workers_share_the_cores_with_the_threads_of_torch(workers: int, items: int) -> None:
    before = torch.get_num_threads(), cv2.getNumThreads()
    share = max(1, available_cores() // min(workers, items))

    def threads(_: int) -> tuple[int, int]:
        return torch.get_num_threads(), cv2.getNumThreads()

    results = LocalEngine(workers).map(threads, range(items), description="test", total=items)
    assert [result for _, result in results] == [(share, 1)] * items
    assert (torch.get_num_threads(), cv2.getNumThreads()) == before


SLEEPERS = """
import os
import time
from pipeline.engines.local import LocalEngine

def sleep(item):
    os.write(1, b"asleep\\n")
    time.sleep(600)

if __name__ == "__main__":
    list(LocalEngine(workers=2).map(sleep, range(9), description="test", processes=True))
"""


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_worker_processes_end_with_the_command(tmp_path: Path, how: signal.Signals) -> None:
    script = tmp_path / "sleepers.py"
    script.write_text(SLEEPERS)
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    with subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, text=True, env=environment
    ) as command:
        assert command.stdout is not None
        assert [command.stdout.readline() for _ in range(2)] == ["asleep\n"] * 2
        command.send_signal(how)
        # The workers write to the same pipe: it ends with the last of them.
        rest, _ = command.communicate(timeout=120)
    assert not rest
    assert command.returncode == -how
