"""What every stage shares: its settings, its report and the context it runs in.

A stage is a function ``run(inputs, outputs, settings, context) -> StageReport`` in its folder's ``run.py``.
Inputs and outputs are frozen dataclasses of paths in ``paths.py``, the settings a class in ``settings.py``;
neither of these two files imports torch.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from data.settings import Settings

Item = TypeVar("Item")
Result = TypeVar("Result")


class StageSettings(Settings):
    """Base of every stage's settings."""


@dataclass(frozen=True)
class Failure:
    """One work item, usually a field, that could not be done, and why."""

    where: str
    why: str


@dataclass
class StageReport:
    """What a stage did: goes into its manifest and, in short, to the user.

    Attributes
    ----------
    counts
        Numbers worth telling, in the order in which they are told (``{"fields": 4, "cells": 54}``).
    failures
        Work items that failed while the others went on; any makes the exit status 2.
    details
        Anything else for the manifest, JSON-serialisable.
    warnings
        Warnings of work that was done before, for the manifest alone, which has those that are logged anyway.
    """

    counts: dict[str, int | float] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


class Infer(Protocol):
    """Reads batches in parallel and runs a network on them, on other machines."""

    def __call__(
        self,
        network: Callable[[Any], Result],
        read: Callable[[Item], Any],
        items: Iterable[Item],
        *,
        description: str,
        on_gpu: bool,
    ) -> Iterator[tuple[Item, Result]]:
        """Yield each item with ``network(read(item))``, in their order.

        Parameters
        ----------
        network
            Has a method ``prepare(calls)``, which is called before it; called from one thread.
        read
            Called in several processes.
        items
            What is read.
        description
            Names the work in messages.
        on_gpu
            Whether the network needs a GPU.
        """
        ...


class Context(Protocol):
    """Where a stage's work runs and how its progress is shown; ``pipeline.engines`` implements it."""

    @property
    def workers(self) -> int:
        """Work items that run at the same time."""
        ...

    @property
    def name(self) -> str:
        """What the manifest says of where the work ran; empty for this machine."""
        ...

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
        """Run ``function`` over ``items`` in parallel; yield (item, result or exception) in their order.

        Only a bounded number of items is in flight, so results that nobody has taken yet stay few. Threads
        by default; ``processes`` for functions that hold the interpreter lock (the function and its items
        must then be picklable, the function at module level). ``prepare`` is called before the function,
        where it runs, with the number of calls at a time for which it is to be ready.
        """
        ...

    @property
    def infer(self) -> "Infer | None":
        """What reads batches and runs networks on them on other machines; None where this process does so."""
        ...

    def track(self, description: str, total: int) -> AbstractContextManager[Callable[[int], None]]:
        """Show progress towards ``total``; the context's value is called with each advance."""
        ...
