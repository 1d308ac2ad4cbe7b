"""What a worker process of Ray does: it loads a stage's function once, and calls it item by item."""

import io
import logging
import pickle
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from logging.handlers import QueueHandler
from typing import Any

from data.errors import InputError
from data.software.versions import software_versions
from pipeline.engines.on_ray.networks import HostedNetworks, RemoteNetwork, portable

_LOADED: dict[str, Any] = {}
"""The function that this process has loaded last, by its key."""

_FREE_VERSIONS = ("python",)
"""What may differ between machines: of Python itself no result depends on the release."""


@dataclass
class Outcome:
    """What came of one item.

    Attributes
    ----------
    value, error
        The result, or why there is none.
    records
        What was logged on the way.
    is_fatal
        Whether every other item would fail alike.
    """

    value: Any = None
    error: Exception | None = None
    records: list[logging.LogRecord] = field(default_factory=list)
    is_fatal: bool = False


def call_function(key: str, pickled: Sequence[Any], networks: HostedNetworks, item: object) -> Outcome:
    """Call a stage's function on one item.

    Parameters
    ----------
    key
        Tells the function from others.
    pickled
        The reference to it, which is fetched once a process.
    networks
        The networks that it calls elsewhere.
    item
        What it is called with.
    """
    outcome = Outcome()
    with _recorded(outcome.records):
        try:
            if key not in _LOADED:
                _LOADED.clear()
                _LOADED[key] = _load(pickled[0], networks)
        except Exception as error:
            outcome.error, outcome.is_fatal = portable(error), True
            return outcome
        try:
            outcome.value = _LOADED[key](item)
        except Exception as error:
            outcome.error = portable(error)
    return outcome


def _load(pickled: Any, networks: HostedNetworks) -> Any:
    """Load a function, and what it needs, for one call at a time on this process's share of the cores."""
    import ray

    from data.cores import available_cores

    _use_one_core()
    versions, content = ray.get(pickled)
    check_versions(versions)
    function, prepare = _Unpickler(io.BytesIO(content), networks).load()
    _use_one_core()
    if prepare is not None:
        prepare(available_cores())
    return function


class _Unpickler(pickle.Unpickler):
    """Puts what calls a network elsewhere in the place of the network."""

    def __init__(self, file: io.BytesIO, networks: HostedNetworks) -> None:
        super().__init__(file)
        self._networks = networks

    def persistent_load(self, pid: int) -> RemoteNetwork:
        return RemoteNetwork(self._networks, pid)


def check_versions(expected: Mapping[str, str]) -> None:
    """Check that this machine has the versions of the machine that started the command.

    Raises
    ------
    InputError
        It has others, by which results would depend on where a field was worked on.
    """
    import ray

    found = software_versions()
    for name in sorted({*expected, *found}.difference(_FREE_VERSIONS)):
        if expected.get(name) != found.get(name):
            raise InputError(
                found=f"{name} {found.get(name, 'none')}",
                where=f"Ray node {ray.util.get_node_ip_address()}",
                expected=f"{expected.get(name, 'none')}, as on the machine that started the command",
                advice="install the same environment on all nodes",
            )


def _use_one_core() -> None:
    """Leave the other cores to the other workers, as the local engine does."""
    import cv2

    cv2.setNumThreads(1)
    torch = sys.modules.get("torch")
    if torch:
        torch.set_num_threads(1)


class _Recorder(QueueHandler):
    """Keeps records in a list, with their messages made."""

    def __init__(self, records: list[logging.LogRecord]) -> None:
        super().__init__(records)  # pyright: ignore[reportArgumentType]
        self._records = records

    def enqueue(self, record: logging.LogRecord) -> None:
        self._records.append(record)


@contextmanager
def _recorded(records: list[logging.LogRecord]) -> Iterator[None]:
    logger = logging.getLogger("hpacells")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.handlers = [_Recorder(records)]
    try:
        yield
    finally:
        logger.handlers = []
