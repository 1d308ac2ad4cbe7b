"""Workers of a Ray cluster that are lost: what they had is done again."""

import logging
import os
import signal
import threading
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest

from data.errors import InputError

ray = pytest.importorskip("ray", reason="Ray is not installed (the extra hpacells[ray])")

from pipeline.engines.on_ray.engine import RayEngine  # noqa: E402
from pipeline.engines.on_ray.flow import ATTEMPTS  # noqa: E402
from tests.pipeline.engines.on_ray.two_nodes import run, wait_for, write_once_told  # noqa: E402

pytestmark = pytest.mark.slow


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


def test_what_a_lost_node_had_is_done_again(
    cluster: Any, engine: RayEngine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    node = cluster.add_node(num_cpus=1, include_dashboard=False)
    cluster.wait_for_nodes()
    assert engine.workers == 3

    def lose_node() -> None:
        wait_for(lambda: len(list(tmp_path.glob("*.begun"))) == 3)
        workers = [int(path.read_text()) for path in tmp_path.glob("*.begun")]
        cluster.remove_node(node, allow_graceful=False)
        # A worker ends some time after its node; until then it could still finish.
        wait_for(lambda: not all(map(psutil.pid_exists, workers)))
        (tmp_path / "go").touch()

    thread = threading.Thread(target=lose_node)
    with caplog.at_level(logging.WARNING, "hpacells"):
        thread.start()
        taken = run(engine, partial(write_once_told, tmp_path), 9)
        thread.join()
    assert taken == [(item, None) for item in range(9)]
    assert len(list(tmp_path.glob("*.done"))) == 9
    assert any("a worker was lost" in record.getMessage() for record in caplog.records)
