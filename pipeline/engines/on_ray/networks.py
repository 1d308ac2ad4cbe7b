"""Networks on actors that hold a GPU each, and what calls them from other processes."""

import pickle
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.errors import InputError

CALLS = 32
"""Calls that wait in an actor at the same time, of which it makes its batches."""

_ATTEMPTS = 3
"""Times that a call is repeated whose actor was lost."""


@dataclass(frozen=True)
class HostedNetworks:
    """The networks of a function, loaded by actors.

    Attributes
    ----------
    identities
        In what each is computed.
    actors
        Handles of the actors, each of which has all of them, with the ID of the node where it was started.
    """

    identities: Sequence[str] = ()
    actors: Sequence[tuple[str, Any]] = ()


class NetworkActor:
    """Holds networks on the GPU that Ray has given this process; called from several threads."""

    def __init__(self, pickled: bytes) -> None:
        from ray import cloudpickle

        self._networks = cloudpickle.loads(pickled)

    def prepare(self) -> tuple[str, Exception | None]:
        """Load the networks; return the ID of this node, and why one cannot be loaded."""
        import ray

        try:
            for network in self._networks:
                network.prepare(CALLS)
        except Exception as error:
            return "", portable(error)
        return ray.get_runtime_context().get_node_id(), None

    def run(self, number: int, image: NDArray[np.float32]) -> NDArray[np.float32] | Exception:
        """Return the output of one of the networks of an image, or why there is none."""
        try:
            return self._networks[number](image)
        except Exception as error:
            # Ray would wrap it, with a traceback for a message.
            return portable(error)


class RemoteNetwork:
    """Implements ``models.segmenters.runtimes.image_runtime.ImageRuntime`` by a network on actors.

    Parameters
    ----------
    hosted, number
        The networks, and which of them it is.
    """

    def __init__(self, hosted: HostedNetworks, number: int) -> None:
        self._hosted, self._number = hosted, number

    def identity(self) -> str:
        """Return in what the network is computed; as `ImageRuntime.identity`."""
        return self._hosted.identities[self._number]

    def prepare(self, workers: int = 1) -> None:
        """Do nothing: the actors have loaded it."""

    def __call__(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the network's output of one image; as `ImageRuntime.__call__`.

        While it waits, the core of this process is free for another.
        """
        import ray

        output = ray.get(self._choose().run.remote(self._number, image))
        if isinstance(output, Exception):
            raise output
        # A copy, as what Ray has in its store cannot be written to.
        return np.array(output)

    def _choose(self) -> Any:
        """Choose an actor, one of this node where there are any, so that images stay on the machine."""
        import ray

        here = ray.get_runtime_context().get_node_id()
        near = [actor for node, actor in self._hosted.actors if node == here]
        return random.choice(near or [actor for _, actor in self._hosted.actors])  # noqa: S311


def host_networks(networks: Sequence[Any]) -> HostedNetworks:
    """Load networks on every GPU that is free in the cluster, each in an actor that has all of them.

    Parameters
    ----------
    networks
        Runtimes that are not loaded yet, such as `models.segmenters.runtimes.lazy.LazyRuntime`.

    Raises
    ------
    InputError
        The cluster has no GPU, or one of them cannot be loaded.
    """
    import ray
    from ray import cloudpickle

    if not networks:
        return HostedNetworks()
    if not ray.cluster_resources().get("GPU"):
        raise InputError(
            found="no GPU",
            where="the Ray cluster",
            expected=f"one or more for {networks[0].identity()}",
            advice="name another runtime with --runtime",
        )
    make = ray.remote(NetworkActor).options(
        num_cpus=0, num_gpus=1, max_concurrency=CALLS, max_restarts=-1, max_task_retries=_ATTEMPTS
    )
    pickled = cloudpickle.dumps(list(networks))
    actors = [make.remote(pickled) for _ in range(max(1, int(ray.available_resources().get("GPU", 0))))]
    loaded = ray.get([actor.prepare.remote() for actor in actors])
    for _, error in loaded:
        if error is not None:
            raise error
    identities = [network.identity() for network in networks]
    return HostedNetworks(
        identities, [(node, actor) for (node, _), actor in zip(loaded, actors, strict=True)]
    )


def release_networks(hosted: HostedNetworks) -> None:
    """End the actors, so that their GPUs are free."""
    import ray

    for _, actor in hosted.actors:
        ray.kill(actor)


def portable(error: Exception) -> Exception:
    """Return an error that can be pickled: itself, or one with its message."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301  # nosec B301 # its own
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error
