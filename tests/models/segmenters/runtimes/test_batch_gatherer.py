import gc
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.segmenters.runtimes.batch_gatherer import BatchGatherer


class Device:
    """Doubles images, keeps the batches that it saw, refuses negative images; can be held busy."""

    def __init__(self) -> None:
        self.batches: list[list[np.ndarray]] = []
        self.free = threading.Event()
        self.free.set()
        self.busy = threading.Event()

    def launch(self, images: Sequence[np.ndarray]) -> np.ndarray:
        self.batches.append(list(images))
        self.busy.set()
        assert self.free.wait(20)
        stack = np.stack(images)
        if (stack < 0).any():
            message = "negative"
            raise ValueError(message)
        return stack

    def collect(self, pending: np.ndarray) -> np.ndarray:
        return 2 * pending

    def sizes(self) -> list[int]:
        return [len(batch) for batch in self.batches]


@pytest.fixture
def device() -> Device:
    return Device()


def image(value: float, side: int = 2) -> np.ndarray:
    return np.full((1, side, side), value, np.float32)


def call_while_busy(
    device: Device, gather: BatchGatherer, images: list[np.ndarray]
) -> list[np.ndarray | Exception]:
    """Call with a first image that keeps the device busy until all others wait."""

    def call(one: np.ndarray) -> np.ndarray | Exception:
        try:
            return gather(one)
        except ValueError as error:
            return error

    device.free.clear()
    with ThreadPoolExecutor(len(images) + 1) as executor:
        first = executor.submit(call, image(0, side=7))
        assert device.busy.wait(20)
        futures = []
        for number, one in enumerate(images, start=1):
            futures.append(executor.submit(call, one))
            while gather._calls.qsize() < number:
                time.sleep(0.001)
        device.free.set()
        first.result(20)
        return [future.result(20) for future in futures]


def test_what_waits_makes_one_batch_in_order(device: Device) -> None:
    gather = BatchGatherer(device.launch, device.collect, batch_size=4)
    results = call_while_busy(device, gather, [image(n) for n in range(10)])
    assert [result[0, 0, 0] for result in results] == [2.0 * n for n in range(10)]
    assert device.sizes() == [1, 4, 4, 2]
    assert [one[0, 0, 0] for batch in device.batches[1:] for one in batch] == list(range(10))


def test_a_batch_has_images_of_one_size_and_the_oldest_goes_first(device: Device) -> None:
    gather = BatchGatherer(device.launch, device.collect, batch_size=3)
    sides = [4, 2, 4, 2, 4, 4, 3]
    results = call_while_busy(device, gather, [image(n, side) for n, side in enumerate(sides)])
    assert [result.shape[1] for result in results] == sides
    values = [[int(one[0, 0, 0]) for one in batch] for batch in device.batches[1:]]
    assert values == [[0, 2, 4], [1, 3], [5], [6]]


def test_an_error_reaches_only_its_own_caller(device: Device) -> None:
    gather = BatchGatherer(device.launch, device.collect, batch_size=4)
    results = call_while_busy(device, gather, [image(1), image(-1), image(3), image(4)])
    assert isinstance(results[1], ValueError)
    assert [results[n][0, 0, 0] for n in (0, 2, 3)] == [2, 6, 8]
    assert gather(image(5))[0, 0, 0] == 10


def test_an_error_on_the_way_back_reaches_only_its_own_caller(device: Device) -> None:
    def collect(pending: np.ndarray) -> np.ndarray:
        if (pending == 3).any():
            message = "three"
            raise ValueError(message)
        return pending

    gather = BatchGatherer(device.launch, collect, batch_size=4)
    results = call_while_busy(device, gather, [image(n) for n in (1, 2, 3, 4)])
    assert [isinstance(result, ValueError) for result in results] == [False, False, True, False]


def test_the_next_batch_is_launched_before_the_one_ahead_is_collected() -> None:
    events: list[str] = []
    gate = threading.Event()

    def launch(images: Sequence[np.ndarray]) -> Sequence[np.ndarray]:
        events.append(f"launch {len(images)}")
        assert gate.wait(20)
        return images

    def collect(images: Sequence[np.ndarray]) -> Sequence[np.ndarray]:
        events.append(f"collect {len(images)}")
        return images

    gather = BatchGatherer(launch, collect, batch_size=2)
    with ThreadPoolExecutor(4) as executor:
        futures = [executor.submit(gather, image(0, side=9))]
        while not events:
            time.sleep(0.001)
        futures += [executor.submit(gather, image(n)) for n in range(3)]
        while gather._calls.qsize() < 3:
            time.sleep(0.001)
        gate.set()
        for future in futures:
            future.result(20)
    assert events == ["launch 1", "launch 2", "collect 1", "launch 1", "collect 2", "collect 1"]


def test_closing_waits_for_the_calls_and_refuses_later_ones(device: Device) -> None:
    gather = BatchGatherer(device.launch, device.collect, batch_size=2)
    device.free.clear()
    with ThreadPoolExecutor(2) as executor:
        waiting = executor.submit(gather, image(4))
        assert device.busy.wait(20)
        closing = executor.submit(gather.close)
        device.free.set()
        assert waiting.result(20)[0, 0, 0] == 8
        closing.result(20)
    with pytest.raises(RuntimeError, match="closed"):
        gather(image(1))
    gather.close()


def test_its_thread_ends_with_it(device: Device) -> None:
    gather = BatchGatherer(device.launch, device.collect, batch_size=2)
    gather(image(1))
    thread = gather._thread
    del gather
    gc.collect()
    thread.join(20)
    assert not thread.is_alive()


@settings(max_examples=30, deadline=None)
@given(
    sides=st.lists(st.sampled_from([1, 2, 3]), min_size=1, max_size=40),
    batch_size=st.integers(1, 5),
    threads=st.integers(1, 6),
)
def test_every_call_gets_its_own_result(sides: list[int], batch_size: int, threads: int) -> None:
    device = Device()
    gather = BatchGatherer(device.launch, device.collect, batch_size)
    images = [image(number, side) for number, side in enumerate(sides)]
    call: Callable[[np.ndarray], np.ndarray] = gather
    with ThreadPoolExecutor(threads) as executor:
        results = list(executor.map(call, images))
    gather.close()
    for number, (one, result) in enumerate(zip(images, results, strict=True)):
        np.testing.assert_array_equal(result, 2 * one, err_msg=str(number))
    assert sum(device.sizes()) == len(images)
    assert max(device.sizes()) <= batch_size
    assert all(len({one.shape for one in batch}) == 1 for batch in device.batches)
