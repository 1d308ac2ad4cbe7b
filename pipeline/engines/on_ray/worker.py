"""What a worker process of Ray does: it loads a stage's function once, and calls it item by item."""

import io
import pickle  # nosec B403 # of what the command sent, as all that Ray calls
import sys
from collections.abc import Sequence
from typing import Any

from data.cores import available_cores
from pipeline.engines.on_ray.networks import RemoteNetwork
from pipeline.engines.on_ray.outcome import Outcome, make_outcome

_LOADED: dict[str, tuple[Any, Sequence[RemoteNetwork]]] = {}
"""The function that this process has loaded last, by its key, and the networks that it calls elsewhere."""


def call_function(key: str, pickled: Sequence[Any], actors: Sequence[tuple[str, Any]], item: Any) -> Outcome:
    """Call a stage's function on one item.

    Parameters
    ----------
    key
        Tells the function from others.
    pickled
        The reference to it, which is fetched once a process.
    actors
        Those that have the networks which it calls elsewhere, with the IDs of their nodes.
    item
        What it is called with.
    """
    if key not in _LOADED:
        _LOADED.clear()
        loaded = make_outcome(lambda: _load(pickled[0]))
        if loaded.error is not None:
            loaded.is_fatal = not loaded.is_lost
            return loaded
        _LOADED[key] = loaded.value
    function, networks = _LOADED[key]
    for network in networks:
        network.actors = actors
    return make_outcome(lambda: function(item))


def _load(pickled: Any) -> tuple[Any, Sequence[RemoteNetwork]]:
    """Load a function, and what it needs for calls on this process's share of the cores."""
    import ray

    origin, content = ray.get(pickled)
    origin.enter()
    unpickler = _Unpickler(io.BytesIO(content))
    function, prepare = unpickler.load()
    _use_one_core()
    if prepare is not None:
        prepare(available_cores())
    return function, list(unpickler.networks.values())


class _Unpickler(pickle.Unpickler):
    """Puts what calls a network elsewhere in the place of the network."""

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file)
        self.networks: dict[int, RemoteNetwork] = {}

    def persistent_load(self, pid: Any) -> RemoteNetwork:
        number, identity = pid
        return self.networks.setdefault(number, RemoteNetwork(identity, number))


def _use_one_core() -> None:
    """Leave the other cores to the other workers, as the local engine does."""
    import cv2

    cv2.setNumThreads(1)
    torch = sys.modules.get("torch")
    if torch:
        torch.set_num_threads(1)
