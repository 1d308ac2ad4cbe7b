"""A Ray cluster of two nodes of one CPU each on this machine, to which this process is connected."""

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[4]


@contextmanager
def two_nodes(**more: Any) -> Iterator[Any]:
    """Start it; the second node may have more, such as ``num_gpus``. Skips where Ray is not installed."""
    ray = pytest.importorskip("ray", reason="Ray is not installed (the extra hpacells[ray])")
    from ray.cluster_utils import Cluster

    # Paths of sockets must be short.
    folder = tempfile.mkdtemp(prefix="hpacells-ray-test-", dir="/tmp")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_TMPDIR", folder)
        patch.delenv("RAY_ADDRESS", raising=False)
        cluster = Cluster()
        try:
            common = {"num_cpus": 1, "include_dashboard": False}
            cluster.add_node(**common)
            cluster.add_node(**common, **more)
            ray.init(cluster.address, log_to_driver=False, logging_level="ERROR")
            cluster.wait_for_nodes()
            yield cluster
        finally:
            ray.shutdown()
            cluster.shutdown()
            shutil.rmtree(folder, ignore_errors=True)


def run(engine: Any, function: Any, count: int, **more: Any) -> list[Any]:
    return list(engine.map(function, range(count), description="test", total=count, **more))


def write_slowly(folder: Path, item: int) -> None:
    (folder / f"{item}.begun").touch()
    for _ in range(20):
        time.sleep(0.05)
    (folder / f"{item}.done").touch()


def write_once_told(folder: Path, item: int) -> None:
    """Begin, noting the number of the process, and go on once there is a file ``go``."""
    (folder / f"{item}.begun").write_text(str(os.getpid()))
    wait_for((folder / "go").exists, seconds=120)
    (folder / f"{item}.done").touch()


def meet(folder: Path, name: str) -> str:
    """Return a name once another one was there, too, so that no worker does everything; after 60 s anyway."""
    (folder / name).touch()
    wait_for(lambda: len(list(folder.iterdir())) >= 2)
    return name


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until a condition holds, for so long at most."""
    ends = time.monotonic() + seconds
    while not condition() and time.monotonic() < ends:
        time.sleep(0.05)
