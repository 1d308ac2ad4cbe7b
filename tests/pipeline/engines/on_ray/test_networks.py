"""Networks on actors of a Ray cluster: on the GPU, and replaced when they are lost."""

import os
import signal
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from data.errors import InputError
from models.segmenters.runtimes.lazy import LazyRuntime

pytest.importorskip("ray", reason="Ray is not installed (the extra hpacells[ray])")

from pipeline.engines.on_ray.engine import RayEngine
from tests.pipeline.engines.on_ray.two_nodes import run

pytestmark = pytest.mark.slow

IMAGE = np.zeros((1, 32, 32), np.float32)


class Scaled:
    """A function with a network, as a segmenter has one; its result says where both ran."""

    def __init__(self, folder: Path, on_gpu: bool = True) -> None:
        self.network = LazyRuntime("stub", partial(load_network, folder), on_gpu=on_gpu)

    def __call__(self, item: int) -> tuple[int, int, int]:
        time.sleep(0.02)
        output = self.network(IMAGE + item)
        # What comes back can be written to.
        output += 0
        return os.getpid(), int(output[1, 0, 0]), int(output[0, 0, 0])


def load_network(folder: Path, calls: int) -> Any:
    (folder / f"loaded-{os.getpid()}").touch()
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")

    def compute(image: NDArray[np.float32]) -> NDArray[np.float32]:
        assert visible == "0"
        marker = folder / "died"
        if image[0, 0, 0] == 5 and not marker.exists():
            marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return np.concatenate([image * 2, np.full_like(image, os.getpid())])

    return compute


def test_networks_run_on_the_gpu_and_are_replaced_when_they_are_lost(
    engine: RayEngine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    results = run(engine, Scaled(tmp_path), 12)
    assert [item for item, _ in results] == list(range(12))
    callers = {result[0] for _, result in results}
    networks = {result[1] for _, result in results}
    assert [result[2] for _, result in results] == [2 * item for item in range(12)]
    assert not callers & networks
    # One that died, and one that took its place: no caller loads the network.
    assert len(list(tmp_path.glob("loaded-*"))) == 2
    assert any("a worker was lost" in record.getMessage() for record in caplog.records)


class Batches:
    """Reads a batch, and dies once."""

    def __init__(self, folder: Path, dying: int) -> None:
        self.folder, self.dying = folder, dying

    def __call__(self, item: int) -> NDArray[np.float32]:
        die(self.folder / "reader", item == self.dying)
        return np.full(4, item, np.float32)


class Summing:
    """A network that sums a batch, and dies once."""

    def __init__(self, folder: Path, dying: int) -> None:
        self.folder, self.dying = folder, dying
        self.calls = 0

    def prepare(self, calls: int) -> None:
        self.calls = calls

    def __call__(self, batch: NDArray[np.float32]) -> float:
        assert self.calls == 1
        die(self.folder / "network", batch[0] == self.dying)
        return float(batch.sum())


def die(marker: Path, now: Any) -> None:
    if now and not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("on_gpu", [False, True])
def test_batches_are_inferred_in_order_though_reader_and_network_die(
    engine: RayEngine, tmp_path: Path, on_gpu: bool
) -> None:
    results = engine.infer(
        Summing(tmp_path, 5), Batches(tmp_path, 3), range(12), description="test", on_gpu=on_gpu
    )
    assert list(results) == [(item, 4.0 * item) for item in range(12)]
    assert {path.name for path in tmp_path.iterdir()} == {"reader", "network"}


def test_a_batch_that_cannot_be_read_ends_the_inference(engine: RayEngine, tmp_path: Path) -> None:
    def read(item: int) -> NDArray[np.float32]:
        raise InputError(found="damaged", where=f"batch {item}")

    results = engine.infer(Summing(tmp_path, -1), read, range(3), description="test", on_gpu=False)
    with pytest.raises(InputError, match="batch 0: damaged"):
        list(results)
