"""Networks on actors of Ray, one on each GPU or node, and what calls them from other processes."""

import itertools
import logging
import random
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.errors import InputError
from pipeline.engines.on_ray.origin import Origin, find_origin
from pipeline.engines.on_ray.outcome import Outcome, make_outcome

_SECONDS = 5.0
"""So long an actor may take to say that it is there; one that is lost says so at once."""

log = logging.getLogger("hpacells")


@dataclass(frozen=True)
class Placement:
    """Where networks run.

    Attributes
    ----------
    on_gpu
        On every GPU that is free; else on every node, with all its cores.
    calls
        Calls at a time in each actor.
    """

    on_gpu: bool
    calls: int


class NetworkActor:
    """Holds networks on the GPU or the node that Ray has given this process.

    Parameters
    ----------
    networks
        The networks, which load what they need by ``prepare``.
    origin
        The process that started the work.
    threads
        Threads of torch on a processor.
    """

    def __init__(self, networks: Sequence[Any], origin: Origin, threads: int) -> None:
        self._networks, self._origin = networks, origin
        torch = sys.modules.get("torch")
        if torch and threads:
            torch.set_num_threads(threads)

    def prepare(self, calls: int) -> Outcome:
        """Load the networks for so many calls at a time; the outcome is the ID of this node."""
        import ray

        def load() -> str:
            self._origin.enter()
            for network in self._networks:
                network.prepare(calls)
            return ray.get_runtime_context().get_node_id()

        return make_outcome(load)

    def answer(self) -> None:
        """Do nothing: who gets an answer knows that this process is there."""

    def run(self, number: int, argument: Any) -> Outcome:
        """Return what one of the networks makes of an argument, or of the outcome that it comes in."""
        if not isinstance(argument, Outcome):
            return make_outcome(lambda: self._networks[number](argument))
        if argument.error is not None:
            return argument
        outcome = make_outcome(lambda: self._networks[number](argument.value))
        outcome.records[:0] = argument.records
        return outcome


class NetworkActors:
    """The actors of some networks, as long as the context is open; those that are lost are replaced.

    Parameters
    ----------
    networks
        What is called: picklable, with a method ``prepare``.
    placement
        Where they run.

    Raises
    ------
    InputError
        The networks are for GPUs, of which the cluster has none; or one cannot be loaded.
    """

    def __init__(self, networks: Sequence[Any], placement: Placement) -> None:
        self._networks, self._placement = networks, placement
        self.actors: list[tuple[str, Any]] = []
        self._turns = itertools.count()
        self._start()

    def choose(self) -> Any:
        """Return the actor whose turn it is."""
        return self.actors[next(self._turns) % len(self.actors)][1]

    def replace_lost(self) -> None:
        """Start actors in the place of those that are lost, as far as there are GPUs or nodes for them."""
        import ray
        from ray.exceptions import RayActorError

        asked = {actor.answer.remote(): (node, actor) for node, actor in self.actors}
        answered, _ = ray.wait(list(asked), num_returns=len(asked), timeout=_SECONDS)
        for reference in answered:
            try:
                ray.get(reference)
            except RayActorError:
                self.actors.remove(asked[reference])
        if len(self.actors) < len(asked):
            self._start()

    def close(self) -> None:
        """End the actors, so that their GPUs are free."""
        import ray

        for _, actor in self.actors:
            ray.kill(actor)

    def _start(self) -> None:
        import ray
        from ray.exceptions import RayError

        torch = sys.modules.get("torch")
        make: Any = ray.remote(NetworkActor)
        actors = [
            make.options(num_cpus=0, max_concurrency=self._placement.calls, **where).remote(
                self._networks, find_origin(), torch.get_num_threads() if torch else 0
            )
            for where in self._places()
        ]
        try:
            outcomes: list[Outcome] = ray.get(
                [actor.prepare.remote(self._placement.calls) for actor in actors]
            )
        except RayError as error:
            raise InputError(
                found=f"a network cannot be loaded ({type(error).__name__})",
                where="Ray",
                expected="hpacells, and memory enough, on all nodes",
                advice="install the same environment on all nodes, or run without --engine ray",
            ) from None
        # All of them say the same.
        for record in outcomes[0].records if outcomes else ():
            log.handle(record)
        for outcome, actor in zip(outcomes, actors, strict=True):
            if outcome.error is not None:
                raise outcome.error
            self.actors.append((outcome.value, actor))

    def _places(self) -> list[dict[str, Any]]:
        """Return where actors can be started now: on free GPUs, one at least, or on nodes without one."""
        import ray
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy as OnNode

        if not self._placement.on_gpu:
            taken = {node for node, _ in self.actors}
            alive = [node["NodeID"] for node in ray.nodes() if node["Alive"]]
            return [{"scheduling_strategy": OnNode(node, soft=False)} for node in alive if node not in taken]
        if not ray.cluster_resources().get("GPU"):
            raise InputError(
                found="no GPU",
                where="the Ray cluster",
                expected="one or more, on which the network is to run",
                advice="name another runtime with --runtime",
            )
        free = int(ray.available_resources().get("GPU", 0))
        if not free and not self.actors:
            log.info("engine: waiting for a GPU, as all are in use")
        return [{"num_gpus": 1}] * (free if self.actors else max(1, free))


@contextmanager
def network_actors(networks: Sequence[Any], placement: Placement) -> Iterator[NetworkActors | None]:
    """Open the actors of some networks until the context ends; None where there are no networks."""
    if not networks:
        yield None
        return
    actors = NetworkActors(networks, placement)
    try:
        yield actors
    finally:
        actors.close()


class RemoteNetwork:
    """Implements ``models.segmenters.runtimes.image_runtime.ImageRuntime`` by a network on actors.

    Parameters
    ----------
    identity
        In what the network is computed.
    number
        Which network of the actors it is.
    """

    def __init__(self, identity: str, number: int) -> None:
        self._identity, self._number = identity, number
        self.actors: Sequence[tuple[str, Any]] = ()

    def identity(self) -> str:
        """Return in what the network is computed; as `ImageRuntime.identity`."""
        return self._identity

    def prepare(self, workers: int = 1) -> None:
        """Do nothing: the actors have loaded it."""

    def __call__(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the network's output of one image; as `ImageRuntime.__call__`.

        While it waits, the core of this process is free for another.
        """
        import ray

        outcome: Outcome = ray.get(self._choose().run.remote(self._number, image))
        for record in outcome.records:
            log.handle(record)
        if outcome.error is not None:
            raise outcome.error
        # A copy, as what Ray has in its store cannot be written to.
        return np.array(outcome.value)

    def _choose(self) -> Any:
        """Choose an actor, one of this node where there are any, so that images stay on the machine."""
        import ray

        here = ray.get_runtime_context().get_node_id()
        near = [actor for node, actor in self.actors if node == here]
        return random.choice(near or [actor for _, actor in self.actors])  # noqa: S311
