"""Work given to Ray: a bounded number of items on their way, in order, and again where a worker is lost."""

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from data.errors import InputError
from data.software.versions import software_versions
from pipeline.engines.on_ray.outcome import Outcome

Item = TypeVar("Item")

log = logging.getLogger("hpacells")

ATTEMPTS = 4
"""Times that an item is begun at most: one that kills every worker must not do so for ever."""

_BEGUN, _HELD = 2, 4
"""Items a worker that are begun and not done, and that are begun and not taken."""

_LOOK_SECONDS = 1.0
"""So long Ctrl-C may have to wait."""

_STOP_SECONDS = 10.0
"""So long items that are being worked on when the command is stopped may take to end by themselves."""

_END: Any = object()


@dataclass
class _Begun:
    """An item that was given to Ray."""

    item: Any
    reference: Any
    attempts: int = 1


def work_in_order(
    begin: Callable[[Any], Any],
    items: Iterable[Item],
    *,
    description: str,
    workers: Callable[[], int],
    replace_lost: Callable[[], None],
) -> Iterator[tuple[Item, Outcome]]:
    """Have items worked on by Ray; yield each with what came of it, in their order.

    At most twice as many items as workers are begun and not done, and four times as many begun and not taken.
    What is begun when this is closed is waited for, for some seconds; what takes longer is given up.

    Parameters
    ----------
    begin
        Begins the work on an item, and returns the reference to its `Outcome`.
    items
        The items.
    description
        Names the work in messages.
    workers
        Counts the workers that there are now.
    replace_lost
        Called before an item is begun again whose worker was lost.

    Raises
    ------
    InputError
        A worker cannot even load what it is to do.
    """
    import ray

    remaining, waiting = iter(items), deque[_Begun]()
    undone: set[Any] = set()
    try:
        while True:
            most = workers()
            while len(undone) < _BEGUN * most and len(waiting) < _HELD * most:
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
            outcome = _fetch(first.reference)
            if not outcome.is_lost:
                yield first.item, outcome
            elif first.attempts < ATTEMPTS:
                log.warning(
                    "%s: a worker was lost (%s); what it had at work is done again",
                    description,
                    _name_loss(outcome),
                )
                replace_lost()
                first.reference = begin(first.item)
                first.attempts += 1
                waiting.appendleft(first)
                undone.add(first.reference)
            else:
                yield first.item, Outcome(error=_explain_loss(outcome))
    finally:
        _stop([begun.reference for begun in waiting])


def _fetch(reference: Any) -> Outcome:
    """Fetch what came of an item.

    Raises
    ------
    InputError
        The workers cannot load what they are to do.
    """
    import ray
    from ray.exceptions import RayError, RayTaskError

    try:
        return ray.get(reference)
    except RayTaskError as error:
        if isinstance(error.cause, RayError):
            # Of what was to be read for it.
            return Outcome(error=error.cause, is_lost=True)
        # What fails of its own comes as an outcome: this is a worker that cannot even be asked.
        raise InputError(
            found=f"a worker cannot be used: {_last_line(error)}",
            where="Ray",
            expected=f"hpacells {software_versions()['hpacells']} on all nodes",
            advice="install the same environment on all nodes",
        ) from None
    except RayError as error:
        return Outcome(error=error, is_lost=True)


def _explain_loss(outcome: Outcome) -> InputError:
    return InputError(
        found=f"its worker was lost {ATTEMPTS} times ({_name_loss(outcome)})",
        where="Ray",
        expected="workers with memory enough",
        advice="run this without --engine ray to see what happens",
    )


def _name_loss(outcome: Outcome) -> str:
    return type(outcome.error).__name__


def _stop(references: Sequence[Any]) -> None:
    """Let what is begun end, so that nothing is written any more by the time that the command has ended.

    Ray 2.60 ends the whole process where it is told to cancel a task that is just being handed to a worker;
    what is begun is little, so it is waited for, and only what takes long is cancelled.
    """
    import ray

    if not references:
        return
    _, left = ray.wait(list(references), num_returns=len(references), timeout=_STOP_SECONDS)
    for reference in left:
        # An actor's work ends with the actor.
        with suppress(ValueError):
            ray.cancel(reference, force=True)
    if left:
        ray.wait(left, num_returns=len(left), timeout=_STOP_SECONDS)


def _last_line(error: Exception) -> str:
    lines = [line for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
