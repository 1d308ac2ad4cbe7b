import os
import secrets
from collections.abc import Iterator
from functools import cache
from pathlib import Path

# The tests' small networks run faster on one thread; set before numpy and torch are imported, here or in a
# command.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Else numba, which scanpy uses, has OpenMP take all cores in the rest of the process: threads of tests side
# by side wait for each other, and those of scikit-learn took ten times as long.
os.environ.setdefault("NUMBA_NUM_THREADS", "1")

import numpy as np
import pytest
import typer.main
import typer.testing
from hypothesis import settings

from tests.factories.storage.bucket import Bucket
from tests.factories.tile_store import write_tile_store

# A busy machine makes a test slow, but not wrong.
settings.register_profile("no timings", deadline=None)
settings.load_profile("no timings")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that have slow tests: a long one at the end would leave the other workers idle."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(scope="session", autouse=True)
def converted_networks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep what the tests convert, also in commands that they run, away from the user's cache.

    Tests that run side by side have one folder, so that each network is converted once.
    """
    base = tmp_path_factory.getbasetemp()
    cache = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "cache"
    cache.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HPACELLS_CACHE", str(cache))
        yield


@pytest.fixture(scope="session", autouse=True)
def one_command_line() -> Iterator[None]:
    """Have typer make the commands and their options once, not anew for each command that a test runs."""
    make = cache(typer.main.get_command)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typer.main, "get_command", make)
        patch.setattr(typer.testing, "_get_command", make)
        yield


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real fields, tables and other programs' answers; what needs them is skipped where they are missing."""
    default = Path(__file__).parents[2] / "shared"
    folder = Path(os.environ.get("HPACELLS_SHARED", default))
    if not (folder / "hpa").is_dir():
        pytest.skip(f"no reference data at {folder} (set HPACELLS_SHARED to use another folder)")
    return folder


@pytest.fixture(scope="session")
def s3_address() -> Iterator[str]:
    """The address of a real S3 server on this machine; what needs it is skipped where it is not installed."""
    pytest.importorskip("s3fs", reason="the extra s3 is not installed")
    pytest.importorskip("moto.server", reason="the extra dev is not installed")
    from tests.factories.storage.s3_server import s3_server

    with s3_server() as address:
        yield address


@pytest.fixture
def bucket(
    s3_address: str, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Bucket]:
    """A place of its own on that server, which commands find by the environment; the cache is empty."""
    from tests.factories.storage.new_cache import use_new_cache
    from tests.factories.storage.s3_server import forget_clients, s3_settings

    for name, value in s3_settings(s3_address).items():
        monkeypatch.setenv(name, value)
    use_new_cache(monkeypatch, tmp_path_factory.mktemp("bucket") / "cache")
    forget_clients()
    yield Bucket(s3_address, f"test-{secrets.token_hex(4)}")
    forget_clients()


@pytest.fixture(scope="session")
def warm_hpacells(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A program hpacells that has its libraries, for scripts to start, and for tests to kill."""
    from tests.factories.whole_job.warm import warm_program

    with warm_program(tmp_path_factory.mktemp("warm")) as program:
        yield program


@pytest.fixture(scope="session")
def random_tiles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of 23 tiles of coarse noise."""
    count = 23
    random = np.random.default_rng(2)
    coarse = random.integers(0, 256, (count, 4, 32, 32), dtype=np.uint8)
    path = tmp_path_factory.mktemp("store") / "tiles.zarr"
    write_tile_store(path, coarse.repeat(8, 2).repeat(8, 3))
    return path
