"""The names that a kind of pickle may mention: what the machine asks instead of importing."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, eq=False)
class GlobalRecord:
    """A name in the pickle, and what stands in for the result of a call; None if it must not be called."""

    name: str
    call: Callable[..., object] | None


class PickleNames(Protocol):
    """What one kind of pickle may mention; nothing is imported by name."""

    def find_global(self, module: str, name: str) -> GlobalRecord | None:
        """Look up a name as the pickle has it; None for one that is refused."""
        ...

    def find_persistent(self, identifier: object) -> object:
        """Return what stands for something outside of the pickle; ValueError where there is none."""
        ...

    def set_state(self, target: object, state: object) -> bool:
        """Set the state that the pickle has for a record; False where it takes none."""
        ...
