"""Batches gathered from the calls of many threads, run by the one thread that owns a device."""

import queue
import threading
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]
Pending = TypeVar("Pending")
Call = tuple[Image, "Future[Image]"]


class BatchGatherer(Generic[Pending]):
    """Runs images of concurrent calls in batches; each call waits for the result of its own.

    What has come in while the device was busy makes the next batch: the oldest image, and those of its size
    up to `batch_size`, in the order in which they came. Nothing waits for a batch to fill. One batch is
    launched before the one ahead of it is collected, so that transfers and computing overlap. Where a batch
    fails its images are run one by one, so that an error reaches only the call that it belongs to.

    Parameters
    ----------
    launch
        Starts the work on images of one shape; called from the one thread only.
    collect
        Waits for that work; gives a result for each image, in order; called from that thread as well.
    batch_size
        Images in a batch at most.
    """

    def __init__(
        self,
        launch: Callable[[Sequence[Image]], Pending],
        collect: Callable[[Pending], Sequence[Image]],
        batch_size: int,
    ) -> None:
        self._calls: queue.SimpleQueue[Call | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._closed = False
        worker = _Worker(self._calls, launch, collect, batch_size)
        # The thread knows only the queue: it must not keep alive what it is to end with.
        self._thread = threading.Thread(target=worker.run, name="hpacells-device", daemon=True)
        self._stop = weakref.finalize(self, self._calls.put, None)
        self._thread.start()

    def __call__(self, image: Image) -> Image:
        """Run one image and wait for its result.

        Raises
        ------
        RuntimeError
            It was closed before.
        """
        future: Future[Image] = Future()
        with self._lock:
            if self._closed:
                message = "called after it was closed"
                raise RuntimeError(message)
            self._calls.put((image, future))
        return future.result()

    def close(self) -> None:
        """End the thread once the calls that wait have their results."""
        with self._lock:
            self._closed = True
        self._stop()
        self._thread.join()


class _Worker(Generic[Pending]):
    """The thread's work."""

    def __init__(
        self,
        calls: "queue.SimpleQueue[Call | None]",
        launch: Callable[[Sequence[Image]], Pending],
        collect: Callable[[Pending], Sequence[Image]],
        batch_size: int,
    ) -> None:
        self._calls, self._launch, self._collect, self._batch_size = calls, launch, collect, batch_size
        self._waiting: deque[Call] = deque()
        self._ends = False

    def run(self) -> None:
        flying: tuple[Pending, list[Call]] | None = None
        while True:
            self._fetch(block=not self._waiting and flying is None)
            batch = self._take_batch()
            if not batch and flying is None and self._ends:
                return
            launched = self._start(batch) if batch else None
            if flying is not None:
                self._finish(*flying)
            flying = launched

    def _fetch(self, block: bool) -> None:
        while not self._ends:
            try:
                call = self._calls.get(block=block)
            except queue.Empty:
                return
            block = False
            if call is None:
                self._ends = True
            else:
                self._waiting.append(call)

    def _take_batch(self) -> list[Call]:
        batch: list[Call] = []
        others: deque[Call] = deque()
        while self._waiting and len(batch) < self._batch_size:
            call = self._waiting.popleft()
            same = not batch or call[0].shape == batch[0][0].shape
            (batch if same else others).append(call)
        self._waiting.extendleft(reversed(others))
        return batch

    def _start(self, batch: list[Call]) -> tuple[Pending, list[Call]] | None:
        try:
            return self._launch([image for image, _ in batch]), batch
        except Exception as error:
            self._blame(batch, error)
            return None

    def _finish(self, pending: Pending, batch: list[Call]) -> None:
        try:
            results = self._collect(pending)
        except Exception as error:
            self._blame(batch, error)
            return
        for (_, future), result in zip(batch, results, strict=True):
            future.set_result(result)

    def _blame(self, batch: list[Call], error: Exception) -> None:
        if len(batch) == 1:
            batch[0][1].set_exception(error)
            return
        for call in batch:
            launched = self._start([call])
            if launched is not None:
                self._finish(*launched)
