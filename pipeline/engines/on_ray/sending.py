"""A stage's function on its way to the workers, without the networks that belong on a GPU."""

import io
import pickle  # nosec B403 # for its error alone
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from data.errors import InputError
from models.segmenters.runtimes.lazy import LazyRuntime
from pipeline.engines.on_ray.networks import NetworkActors, Placement, network_actors
from pipeline.engines.on_ray.origin import find_origin
from pipeline.engines.on_ray.worker import call_function

_CALLS = 32
"""Calls that wait in the actor of a GPU at the same time, of which it makes its batches."""


@contextmanager
def sent_function(
    function: Any, prepare: Any = None
) -> Iterator[tuple[Callable[[Sequence[tuple[str, Any]], Any], Any], NetworkActors | None]]:
    """Send a function to the cluster, and its networks to GPUs.

    Yields
    ------
    tuple
        What begins the function on an item, given actors, and returns a reference; and the actors that there
        are now.
    """
    import ray

    networks: list[LazyRuntime] = []
    content = _pickle((function, prepare), networks)
    # In a list, or Ray would fetch and unpickle it for every item.
    pickled, key = [ray.put((find_origin(), content))], secrets.token_hex(8)
    call = ray.remote(call_function).options(num_cpus=1, max_retries=0)
    with network_actors(networks, Placement(on_gpu=True, calls=_CALLS)) as actors:
        yield lambda handles, item: call.remote(key, pickled, list(handles), item), actors


def _pickle(content: Any, networks: list[LazyRuntime]) -> bytes:
    """Pickle a function without the networks in it that belong on a GPU, which are added to a list."""
    from ray import cloudpickle

    class Pickler(cloudpickle.Pickler):
        def persistent_id(self, obj: Any) -> tuple[int, str] | None:
            if not (isinstance(obj, LazyRuntime) and obj.on_gpu):
                return None
            if obj not in networks:
                networks.append(obj)
            return networks.index(obj), obj.identity()

    file = io.BytesIO()
    try:
        Pickler(file).dump(content)
    except (TypeError, pickle.PicklingError) as error:
        raise InputError(
            found=f"what cannot be sent to other processes ({error})",
            where="engine ray",
            expected="a segmenter of hpacells",
            advice="leave --engine out",
        ) from None
    return file.getvalue()
