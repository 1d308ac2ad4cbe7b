"""Reading the weights of a network from a pickle, whole module or state dict, and running nothing of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any

import numpy as np

from data.errors import InputError
from data.pickles.machine import RefusedError
from data.pickles.printable import printable
from models.weights.pickles.records import ModuleRecord, TensorRecord
from models.weights.pickles.torch_file import read_container

MOST_PARTS = 100_000
"""Modules or entries of one network; a DPN-UNet has 372 and 595."""

DEEPEST = 100
"""Modules within modules."""

EXPECTED = "a network that torch.save wrote, as a whole module or a state dict, with nothing but its weights"
ADVICE = "take the published file; none of the names in this one was run"


@dataclass(frozen=True)
class StoredTensor:
    """A tensor in a file, of which only the place is known until it is read.

    Attributes
    ----------
    shape
        Its shape.
    is_float
        Whether it has floating-point numbers, of any precision; else integers.
    """

    shape: tuple[int, ...]
    is_float: bool
    _record: TensorRecord
    _start: int

    def read(self, file: IO[bytes]) -> np.ndarray:
        """Read its numbers from the open file: float32 or int64, contiguous."""
        dtype, shape = self._record.storage.dtype, self.shape
        stored = np.dtype("<u2" if dtype == "bfloat16" else dtype)
        file.seek(self._start + self._record.offset * stored.itemsize)
        spans = ((side - 1) * step for side, step in zip(shape, self._record.stride, strict=True))
        count = 0 if 0 in shape else 1 + sum(spans)
        flat = np.fromfile(file, stored, count)
        if flat.size < count:
            raise InputError(found="shrank while it was read", where=file.name)
        steps = [step * stored.itemsize for step in self._record.stride]
        values = np.lib.stride_tricks.as_strided(flat, shape, steps, writeable=False)
        if dtype == "bfloat16":
            # The upper half of a float32.
            values = (values.astype(np.uint32) << 16).view(np.float32)
        return np.ascontiguousarray(values, np.float32 if self.is_float else np.int64).reshape(shape)


def read_network(path: Path) -> dict[str, StoredTensor]:
    """List the weights of a network that is saved as a whole module or as a state dict.

    Nothing that the file names is imported, called or changed. Both of torch's containers are read; the
    weights themselves only when `StoredTensor.read` is called.

    Parameters
    ----------
    path
        A file that ``torch.save`` wrote.

    Returns
    -------
    dict
        Tensors by the names of the state dict, in its order.

    Raises
    ------
    InputError
        For a file that names anything but tensors, containers and modules of ``torch.nn`` and
        ``pytorch_zoo``, that is damaged, or that has no weights.
    """
    try:
        content, place = read_container(path)
        entries = dict(islice(_walk(content), MOST_PARTS))
        tensors = {
            name: StoredTensor(
                record.shape,
                record.storage.dtype == "bfloat16" or np.dtype(record.storage.dtype).kind == "f",
                record,
                place(record.storage),
            )
            for name, record in entries.items()
        }
    except RefusedError as error:
        raise InputError(
            found=f"refused: the pickle uses {error}", where=path, expected=EXPECTED, advice=ADVICE
        ) from error
    except ValueError as error:
        raise InputError(found=f"cannot be read ({error})", where=path, expected=EXPECTED) from error
    except OSError as error:
        raise InputError(found=error.strerror or str(error), where=path, expected=EXPECTED) from error
    if not tensors:
        raise InputError(found="no weights", where=path, expected=EXPECTED)
    return tensors


def _walk(content: object) -> Iterator[tuple[str, TensorRecord]]:
    """Return name and tensor of every entry of the state dict, in torch's order."""
    if isinstance(content, dict):
        yield from _tensors(content, "")
        return
    if not isinstance(content, ModuleRecord):
        msg = "neither a module nor a state dict"
        raise ValueError(msg)
    waiting = [(content, "", 0)]
    visited = 0
    while waiting:
        module, prefix, depth = waiting.pop()
        visited += 1
        if visited + len(waiting) > MOST_PARTS or depth > DEEPEST:
            msg = "too many modules, or modules that contain themselves"
            raise ValueError(msg)
        state = module.state or {}
        volatile = _volatile(state)
        yield from _tensors(_entries(state, "_parameters"), prefix)
        buffers = _entries(state, "_buffers")
        yield from _tensors({name: buffers[name] for name in buffers if name not in volatile}, prefix)
        parts = [
            (part, f"{prefix}{name}.", depth + 1)
            for name, part in _entries(state, "_modules").items()
            if isinstance(part, ModuleRecord)
        ]
        waiting.extend(reversed(parts))


def _entries(state: dict[Any, Any], what: str) -> dict[Any, Any]:
    entries = state.get(what) or {}
    if not isinstance(entries, dict):
        msg = f"a module whose {what} are no dictionary"
        raise ValueError(msg)
    return entries


def _volatile(state: dict[Any, Any]) -> set[str]:
    """Return the names of the buffers that are no part of the state dict."""
    names = state.get("_non_persistent_buffers_set")
    return {name for name in names if isinstance(name, str)} if isinstance(names, list) else set()


def _tensors(entries: dict[Any, Any], prefix: str) -> Iterator[tuple[str, TensorRecord]]:
    for name, value in entries.items():
        if isinstance(value, TensorRecord):
            yield f"{prefix}{name}", value
        elif value is not None:
            msg = f"{printable(prefix + str(name))} is no tensor"
            raise ValueError(msg)
