"""Work on a Ray cluster of two nodes: in order, bounded, and again where a worker is lost."""

import logging
import os
import signal
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from data.errors import InputError
from data.software.versions import software_versions
from models.segmenters.runtimes.lazy import LazyRuntime
from tests.factories.ray_cluster import two_nodes

ray = pytest.importorskip("ray", reason="Ray is not installed (the extra hpacells[ray])")

from pipeline.engines.on_ray.engine import RayEngine  # noqa: E402
from pipeline.engines.on_ray.flow import ATTEMPTS  # noqa: E402
from pipeline.engines.on_ray.origin import Origin  # noqa: E402

pytestmark = pytest.mark.slow

IMAGE = np.zeros((1, 32, 32), np.float32)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    with two_nodes(num_gpus=1) as cluster:
        yield cluster


@pytest.fixture
def engine(cluster: Any) -> RayEngine:
    return RayEngine(cluster.address)


def square(item: int) -> int:
    return item**2


def where(item: int) -> str:
    time.sleep(0.1)
    return ray.get_runtime_context().get_node_id()


def note_begun(folder: Path, item: int) -> int:
    (folder / str(item)).touch()
    return item


def die_once(folder: Path, item: int) -> int:
    marker = folder / f"died-{item}"
    if item % 3 == 1 and not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return item**2


def die_always(item: int) -> int:
    if item == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return item


def fail(item: int) -> int:
    logging.getLogger("hpacells").warning("looked at %s", item)
    if item == 1:
        raise InputError(found="no picture", where="field 1", advice="copy it again")
    if item == 2:
        raise FileNotFoundError(2, "No such file or directory", "/nowhere/2.png")
    if item == 3:
        raise ZeroDivisionError(item)
    return item


def write_slowly(folder: Path, item: int) -> None:
    (folder / f"{item}.begun").touch()
    for _ in range(20):
        time.sleep(0.05)
    (folder / f"{item}.done").touch()


def run(engine: RayEngine, function: Any, count: int, **more: Any) -> list[Any]:
    return list(engine.map(function, range(count), description="test", total=count, **more))


def test_results_come_in_order_from_both_nodes(engine: RayEngine) -> None:
    assert run(engine, square, 30) == [(item, item**2) for item in range(30)]
    assert len({node for _, node in run(engine, where, 20)}) == 2
    assert engine.workers == 2
    assert "2 nodes, 2 CPUs" in engine.name


def test_a_bounded_number_of_items_is_on_its_way(engine: RayEngine, tmp_path: Path) -> None:
    """At most four items a worker are taken from the source, or begun, beyond those that were handed over."""
    pulled = 0

    def source() -> Iterator[int]:
        nonlocal pulled
        for item in range(40):
            pulled += 1
            yield item

    most = 0
    for taken, _ in engine.map(partial(note_begun, tmp_path), source(), description="test"):
        # Long enough for all that could be begun.
        time.sleep(0.1)
        most = max(most, len(list(tmp_path.iterdir())) - taken, pulled - taken)
    assert 2 <= most <= 4 * 2


def test_what_a_killed_worker_had_is_done_again(
    engine: RayEngine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "hpacells"):
        assert run(engine, partial(die_once, tmp_path), 9) == [(item, item**2) for item in range(9)]
    lost = [record.getMessage() for record in caplog.records]
    assert len(lost) == 3
    assert all(text.startswith("test: a worker was lost (") for text in lost)


def test_an_item_that_kills_every_worker_fails_alone(engine: RayEngine) -> None:
    results = run(engine, die_always, 5)
    assert [result for item, result in results if item != 2] == [0, 1, 3, 4]
    assert isinstance(results[2][1], InputError)
    assert f"its worker was lost {ATTEMPTS} times" in str(results[2][1])


def test_failures_and_messages_are_those_of_the_local_engine(
    engine: RayEngine, caplog: pytest.LogCaptureFixture
) -> None:
    from pipeline.engines.local import LocalEngine

    told = []
    for each in (LocalEngine(1), engine):
        caplog.clear()
        results = list(each.map(fail, range(5), description="test", total=5))
        said = [record.getMessage() for record in caplog.records]
        told.append((said, [(item, type(result), str(result)) for item, result in results]))
    assert told[0] == told[1]
    assert told[0][0] == [f"looked at {item}" for item in range(5)]


def test_a_full_disk_ends_all(engine: RayEngine) -> None:
    def fill(_: int) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        run(engine, fill, 3)


def test_who_stops_early_leaves_nothing_that_writes(engine: RayEngine, tmp_path: Path) -> None:
    results = engine.map(partial(write_slowly, tmp_path), range(20), description="test", total=20)
    next(results)
    results.close()  # pyright: ignore[reportAttributeAccessIssue]
    left = sorted(path.name for path in tmp_path.iterdir())
    time.sleep(1.5)
    assert sorted(path.name for path in tmp_path.iterdir()) == left
    assert len([name for name in left if name.endswith(".begun")]) <= 8


@pytest.mark.parametrize("library", ["torch", "hpacells"])
def test_workers_with_other_versions_are_refused(
    engine: RayEngine, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = software_versions() | {library: "0.0.1"}
    monkeypatch.setattr("pipeline.engines.on_ray.origin.software_versions", lambda: others)
    with pytest.raises(InputError, match=rf"Ray node .*: {library} .*; expected 0.0.1, as on the machine"):
        run(engine, square, 3)


def test_paths_are_relative_to_where_the_command_was_started(
    engine: RayEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever the cluster was started."""
    monkeypatch.chdir(tmp_path)
    assert {place for _, place in run(engine, lambda _: str(Path.cwd()), 4)} == {str(tmp_path)}
    elsewhere = Origin("/nowhere", software_versions())
    monkeypatch.setattr("pipeline.engines.on_ray.sending.find_origin", lambda: elsewhere)
    with pytest.raises(InputError, match=r"Ray node .*: no folder /nowhere .* at the same path on all nodes"):
        run(engine, square, 3)


def test_what_cannot_be_sent_is_one_line(engine: RayEngine) -> None:
    with pytest.raises(InputError, match="engine ray: what cannot be sent to other processes"):
        run(engine, partial(isinstance, threading.Lock()), 3)


def test_what_a_function_needs_is_loaded_once_in_each_worker(engine: RayEngine, tmp_path: Path) -> None:
    class Loader:
        def __init__(self) -> None:
            self.loaded = 0

        def prepare(self, calls: int) -> None:
            assert calls >= 1
            self.loaded += 1

        def __call__(self, item: int) -> tuple[int, int]:
            time.sleep(0.05)
            return os.getpid(), self.loaded

    function = Loader()
    found = [result for _, result in run(engine, function, 20, prepare=function.prepare)]
    assert {loaded for _, loaded in found} == {1}
    assert len({process for process, _ in found}) == 2
    assert function.loaded == 0


def test_why_nothing_can_be_loaded_ends_all(engine: RayEngine) -> None:
    def refuse(calls: int) -> None:
        raise InputError(found="damaged", where="weights", advice="fetch them again")

    with pytest.raises(InputError, match="weights: damaged; fetch them again"):
        run(engine, square, 3, prepare=refuse)


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


def test_what_a_lost_node_had_is_done_again(
    cluster: Any, engine: RayEngine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    node = cluster.add_node(num_cpus=1, include_dashboard=False)
    cluster.wait_for_nodes()
    assert engine.workers == 3
    with caplog.at_level(logging.WARNING, "hpacells"):
        results = engine.map(partial(write_slowly, tmp_path), range(9), description="test", total=9)
        taken = [next(results)]
        # Three are at work.
        cluster.remove_node(node, allow_graceful=False)
        taken += list(results)
    assert taken == [(item, None) for item in range(9)]
    assert len(list(tmp_path.glob("*.done"))) == 9
    assert any("a worker was lost" in record.getMessage() for record in caplog.records)
