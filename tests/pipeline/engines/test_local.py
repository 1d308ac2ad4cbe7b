import math
import threading
import time

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
