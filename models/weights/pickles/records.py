"""What a pickle of a network is read into: descriptions, none of which does anything."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, eq=False)
class StorageRecord:
    """A block of numbers in the file: their type (NumPy's name, or ``bfloat16``), key and count."""

    dtype: str
    key: str
    count: int


@dataclass(frozen=True, eq=False)
class TensorRecord:
    """A tensor: elements of a storage from `offset`, by `shape` and `stride`, all counted in elements."""

    storage: StorageRecord
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]


@dataclass(eq=False)
class ModuleRecord:
    """The inert stand-in for an object of a class that is not imported: its name, and the state it takes."""

    class_name: str
    state: dict[Any, Any] | None = None
