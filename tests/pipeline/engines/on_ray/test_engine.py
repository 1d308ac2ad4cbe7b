"""Work on a Ray cluster of two nodes: in order, bounded, and again where a worker is lost."""

import logging
import os
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from data.errors import InputError
from data.software.versions import software_versions

ray = pytest.importorskip("ray", reason="Ray is not installed (the extra hpacells[ray])")

from pipeline.engines.on_ray.engine import RayEngine  # noqa: E402
from pipeline.engines.on_ray.origin import Origin  # noqa: E402
from tests.pipeline.engines.on_ray.two_nodes import meet, run, write_slowly  # noqa: E402

pytestmark = pytest.mark.slow


def square(item: int) -> int:
    return item**2


def where(folder: Path, item: int) -> str:
    return meet(folder, ray.get_runtime_context().get_node_id())


def note_begun(folder: Path, item: int) -> int:
    (folder / str(item)).touch()
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


def test_results_come_in_order_from_both_nodes(engine: RayEngine, tmp_path: Path) -> None:
    assert run(engine, square, 30) == [(item, item**2) for item in range(30)]
    assert len({node for _, node in run(engine, partial(where, tmp_path), 20)}) == 2
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
            return int(meet(tmp_path, str(os.getpid()))), self.loaded

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
