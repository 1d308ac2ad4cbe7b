"""The engine that runs the work of stages in the processes of a Ray cluster."""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack
from typing import Any, TypeVar

from data.cores import available_cores
from pipeline.engines.local import LocalEngine, explain_failure
from pipeline.engines.on_ray.flow import work_in_order
from pipeline.engines.on_ray.networks import NetworkActors, Placement, network_actors
from pipeline.engines.on_ray.outcome import Outcome
from pipeline.engines.on_ray.sending import sent_function
from pipeline.engines.on_ray.session import describe_cluster, ray_session

Item = TypeVar("Item")
Result = TypeVar("Result")

log = logging.getLogger("hpacells")


class RayEngine:
    """Implements ``stages.stage.Context`` on a Ray cluster.

    Ray is connected to when the first work is to be done, and left by `close`.

    Parameters
    ----------
    address
        As `ray_session` takes it.
    """

    def __init__(self, address: str = "") -> None:
        self._address, self._open = address, ExitStack()
        self._is_connected = False
        self._local = LocalEngine(available_cores())

    @property
    def workers(self) -> int:
        """Work items that run at the same time: the CPUs that the cluster has now."""
        import ray

        self._connect()
        return max(1, int(ray.cluster_resources().get("CPU", 0)))

    @property
    def name(self) -> str:
        """What is recorded of where the work ran; empty where nothing was to be done."""
        return describe_cluster() if self._is_connected else ""

    def track(self, description: str, total: int) -> AbstractContextManager[Callable[[int], None]]:
        """Show a progress bar; as `LocalEngine.track`."""
        return self._local.track(description, total)

    def close(self) -> None:
        """Leave the cluster, or stop Ray where it was started for this."""
        self._open.close()
        self._is_connected = False

    def map(
        self,
        function: Callable[[Item], Result],
        items: Iterable[Item],
        *,
        description: str,
        total: int | None = None,
        processes: bool = False,
        prepare: Callable[[int], None] | None = None,
    ) -> Iterator[tuple[Item, Result | Exception]]:
        """Run ``function`` over ``items``; yield (item, result or exception) in the order of the items.

        The function is sent to each worker once. Networks in it that belong on a GPU stay out: each GPU has
        an actor that loads them, which the function calls. At most twice as many items as workers are begun
        and not done, and four times as many begun and not taken. An item whose worker is lost is done again.

        Raises
        ------
        InputError
            No worker can do anything: a network cannot be loaded, or the machines have other software.
        """
        if total == 0:
            return
        self._connect()
        with (
            self.track(description, total or 0) as advance,
            sent_function(function, prepare) as (call, actors),
        ):

            def begin(item: Item) -> Any:
                return call(actors.actors if actors else (), item)

            for item, outcome in self._work(begin, items, description, actors):
                yield item, _open_outcome(outcome)
                advance(1)

    def infer(
        self,
        network: Callable[[Any], Result],
        read: Callable[[Item], Any],
        items: Iterable[Item],
        *,
        description: str,
        on_gpu: bool,
    ) -> Iterator[tuple[Item, Result]]:
        """Read batches in worker processes and run a network on them; yield results in order.

        The network is loaded by an actor on each GPU that is free, or on each node, to which batches go
        without coming here. As many are on their way as in `map`.

        Raises
        ------
        Exception
            What reading or the network raised, or `InputError` as in `map`.
        """
        self._connect()
        placement = Placement(on_gpu=on_gpu, calls=1)
        with sent_function(read) as (call, _), network_actors([network], placement) as actors:
            assert actors is not None  # noqa: S101 # nosec B101 # there is a network

            def begin(item: Item) -> Any:
                return actors.choose().run.remote(0, call((), item))

            for item, outcome in self._work(begin, items, description, actors):
                result = _open_outcome(outcome)
                if isinstance(result, Exception):
                    raise result
                yield item, result

    def _connect(self) -> None:
        if not self._is_connected:
            self._open.enter_context(ray_session(self._address))
            self._is_connected = True

    def _work(
        self,
        begin: Callable[[Any], Any],
        items: Iterable[Item],
        description: str,
        actors: NetworkActors | None,
    ) -> Iterator[tuple[Item, Outcome]]:
        return work_in_order(
            begin,
            items,
            description=description,
            workers=lambda: self.workers,
            replace_lost=actors.replace_lost if actors else lambda: None,
        )


def _open_outcome(outcome: Outcome) -> Any:
    """Log what was logged where an item was worked on, and return the result or the error.

    Raises
    ------
    Exception
        Every other item would fail alike.
    """
    for record in outcome.records:
        log.handle(record)
    if outcome.error is None:
        return outcome.value
    if outcome.is_fatal:
        raise outcome.error
    return explain_failure(outcome.error)
