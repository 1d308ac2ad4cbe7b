import json
import os
import socket
from collections.abc import Iterator
from typing import Any

import fsspec
import pytest

from data.errors import InputError
from data.storage.errors import AccessError
from data.storage.remote import Remote
from pipeline.runs.storage.remote_lock import remote_lock

# No process has this number.
DEAD = {"command": "hpacells crops", "process": 4194999, "host": socket.gethostname(), "since": "now"}


@pytest.fixture
def memory() -> Iterator[Any]:
    fs = fsspec.filesystem("memory")
    yield fs
    fs.store.clear()
    fs.pseudo_dirs[:] = [""]


def test_it_says_who_holds_it_and_goes_with_the_block(memory: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    remote = Remote("memory://top")
    monkeypatch.setattr("sys.argv", ["hpacells", "crops", "https://user:pass@host/x?token=1"])
    with remote_lock(remote):
        holder = json.loads(memory.cat_file("/top/.lock"))
        assert holder["process"] == os.getpid()
        assert holder["command"] == "hpacells crops https://host/x"
        refused = pytest.raises(InputError, match=r"another hpacells is writing there \(`hpacells crops")
        with refused, remote_lock(Remote("memory://top")):
            pass
    assert not memory.exists("/top/.lock")


@pytest.mark.parametrize(
    ("change", "free"),
    [({}, True), ({"host": "other"}, False), ({"process": os.getppid()}, False), ({"process": "x"}, False)],
)
def test_one_that_a_dead_process_has_left_is_taken_over(
    memory: Any, change: dict[str, Any], free: bool
) -> None:
    memory.pipe_file("/top/.lock", json.dumps(DEAD | change).encode())
    if free:
        with remote_lock(Remote("memory://top")):
            pass
        assert not memory.exists("/top/.lock")
        return
    refused = pytest.raises(InputError, match="one command at a time in a work folder")
    with refused as raised, remote_lock(Remote("memory://top")):
        pass
    assert "if it runs no more, remove memory://top/.lock" in str(raised.value)
    assert memory.exists("/top/.lock")


def test_one_that_somebody_else_took_meanwhile_stays(memory: Any) -> None:
    with remote_lock(Remote("memory://top")):
        memory.pipe_file("/top/.lock", json.dumps(DEAD).encode())
    assert json.loads(memory.cat_file("/top/.lock")) == DEAD


def test_where_nothing_may_be_written_it_is_only_looked_for(
    memory: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AccessError(found="access denied", where="memory://top")

    monkeypatch.setattr(Remote, "create", refuse)
    with remote_lock(Remote("memory://top")):
        pass
    memory.pipe_file("/top/.lock", json.dumps(DEAD | {"host": "other"}).encode())
    refused = pytest.raises(InputError, match="another hpacells is writing there")
    with refused, remote_lock(Remote("memory://top")):
        pass
