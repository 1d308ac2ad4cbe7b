"""Run work items in the worker processes of Ray: bounded, in order, and again where a worker is lost."""

import io
import logging
import secrets
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from data.cores import available_cores
from data.errors import InputError
from data.software.versions import software_versions
from models.segmenters.runtimes.lazy import LazyRuntime
from pipeline.engines.local import LocalEngine, explain_failure
from pipeline.engines.on_ray.networks import host_networks, release_networks
from pipeline.engines.on_ray.session import describe_cluster, ray_session
from pipeline.engines.on_ray.worker import Outcome, call_function

Item = TypeVar("Item")
Result = TypeVar("Result")

log = logging.getLogger("hpacells")

ATTEMPTS = 4
"""Times that an item is begun at most: one that kills every worker must not do so for ever."""

_BEGUN, _HELD = 2, 4
"""Items a worker that are begun and not done, and that are begun and not taken."""

_LOOK_SECONDS = 1.0
"""So long Ctrl-C may have to wait."""

_STOP_SECONDS = 10.0
"""So long items that are being worked on when the command is stopped may take to end by themselves."""


@dataclass
class _Begun:
    """An item that was given to Ray."""

    item: Any
    reference: Any
    attempts: int = 1


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
        """What is recorded of where the work ran."""
        return describe_cluster() if self._is_connected else "Ray"

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
        with self.track(description, total or 0) as advance, _sent(function, prepare) as begin:
            for item, outcome in self._in_order(begin, items, description):
                yield item, _open_outcome(outcome)
                advance(1)

    def _connect(self) -> None:
        if not self._is_connected:
            self._open.enter_context(ray_session(self._address))
            self._is_connected = True

    def _in_order(
        self, begin: Callable[[Any], Any], items: Iterable[Item], description: str
    ) -> Iterator[tuple[Item, Outcome]]:
        """Yield items with what came of them, in order, with a bounded number on its way."""
        import ray

        remaining, waiting = iter(items), deque[_Begun]()
        undone: set[Any] = set()
        try:
            while True:
                workers = self.workers
                while len(undone) < _BEGUN * workers and len(waiting) < _HELD * workers:
                    item = next(remaining, _END)
                    if item is _END:
                        break
                    waiting.append(_Begun(item, begin(item)))
                    undone.add(waiting[-1].reference)
                if not waiting:
                    return
                if waiting[0].reference in undone:
                    done, _ = ray.wait(list(undone), num_returns=1, timeout=_LOOK_SECONDS, fetch_local=False)
                    undone.difference_update(done)
                    continue
                first = waiting.popleft()
                outcome = _fetch(first, description)
                if outcome is None:
                    first.reference = begin(first.item)
                    first.attempts += 1
                    waiting.appendleft(first)
                    undone.add(first.reference)
                else:
                    yield first.item, outcome
        finally:
            _stop([begun.reference for begun in waiting])


_END: Any = object()


def _fetch(begun: _Begun, description: str) -> Outcome | None:
    """Fetch what came of an item; None where it is to be done again.

    Raises
    ------
    InputError
        The workers cannot load what they are to do.
    """
    import ray

    try:
        return ray.get(begun.reference)
    except ray.exceptions.RayTaskError as error:
        # What fails of its own comes as an outcome: this is a worker that cannot even be asked.
        raise InputError(
            found=f"a worker cannot be used: {_last_line(error)}",
            where="Ray",
            expected=f"hpacells {software_versions()['hpacells']} on all nodes",
            advice="install the same environment on all nodes",
        ) from None
    except ray.exceptions.RayError as error:
        why = f"{type(error).__name__}: {_first_line(error)}"
    if begun.attempts < ATTEMPTS:
        log.warning("%s: a worker was lost (%s); what it had at work is done again", description, why)
        return None
    return Outcome(
        error=InputError(
            found=f"its worker was lost {ATTEMPTS} times ({why})",
            where="Ray",
            expected="a worker with memory enough",
            advice="run this field without --engine ray to see what happens",
        )
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


@contextmanager
def _sent(function: Any, prepare: Any) -> Iterator[Callable[[Any], Any]]:
    """Send a function to the cluster; yields what begins it on an item, and returns a reference."""
    import ray

    networks: list[LazyRuntime] = []
    content = _pickle((function, prepare), networks)
    hosted = host_networks(networks)
    try:
        # In a list, or Ray would fetch and unpickle it for every item.
        pickled, key = [ray.put((software_versions(), content))], secrets.token_hex(8)
        call = ray.remote(call_function).options(num_cpus=1, max_retries=0)
        yield lambda item: call.remote(key, pickled, hosted, item)
    finally:
        release_networks(hosted)


def _pickle(content: Any, networks: list[LazyRuntime]) -> bytes:
    """Pickle a function without the networks in it that belong on a GPU, which are added to a list."""
    from ray import cloudpickle

    class Pickler(cloudpickle.Pickler):
        def persistent_id(self, obj: Any) -> int | None:
            if not (isinstance(obj, LazyRuntime) and obj.on_gpu):
                return None
            if obj not in networks:
                networks.append(obj)
            return networks.index(obj)

    file = io.BytesIO()
    Pickler(file).dump(content)
    return file.getvalue()


def _stop(references: Sequence[Any]) -> None:
    """End what is begun, so that nothing is written any more by the time that the command has ended."""
    import ray

    if not references:
        return
    for force in (False, True):
        for reference in references:
            ray.cancel(reference, force=force)
        _, references = ray.wait(list(references), num_returns=len(references), timeout=_STOP_SECONDS)
        if not references:
            return


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), "")


def _last_line(error: Exception) -> str:
    lines = [line for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
