import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.prefetch import work_ahead


@settings(deadline=None, max_examples=30)
@given(numbers=st.lists(st.integers(), max_size=20), ahead=st.integers(1, 8), threads=st.integers(1, 4))
def test_results_come_in_the_order_of_the_items(numbers: list[int], ahead: int, threads: int) -> None:
    with ThreadPoolExecutor(threads) as executor:
        done = [(item, future.result()) for item, future in work_ahead(executor, str, numbers, ahead)]
    assert done == [(number, str(number)) for number in numbers]


def test_no_more_than_the_window_is_taken_from_the_items() -> None:
    taken: list[int] = []

    def items():
        for number in range(20):
            taken.append(number)
            yield number

    with ThreadPoolExecutor(2) as executor:
        for count, _ in enumerate(work_ahead(executor, str, items(), 3), start=1):
            assert len(taken) <= count + 3


def test_an_error_stays_with_its_item() -> None:
    with ThreadPoolExecutor(2) as executor:
        outcomes = [future.exception() for _, future in work_ahead(executor, int, ["1", "x", "3"], 2)]
    assert [type(outcome) for outcome in outcomes] == [type(None), ValueError, type(None)]


def test_what_has_not_started_is_given_up_when_the_executor_is_shut_down() -> None:
    started: list[int] = []
    gate = threading.Event()

    def work(number: int) -> None:
        started.append(number)
        assert number == 0 or gate.wait(20)

    executor = ThreadPoolExecutor(1)
    results = work_ahead(executor, work, range(10), 5)
    next(results)
    executor.shutdown(wait=False, cancel_futures=True)
    gate.set()
    executor.shutdown(wait=True)
    assert len(started) <= 2


def test_asking_on_after_a_shutdown_does_not_wait_for_ever() -> None:
    gate = threading.Event()
    executor = ThreadPoolExecutor(1)
    results = work_ahead(executor, lambda number: number == 0 or gate.wait(20), range(10), 5)
    next(results)
    executor.shutdown(wait=False, cancel_futures=True)
    gate.set()
    with pytest.raises(RuntimeError, match="shutdown"):
        list(results)
