"""The names in pickles of NumPy arrays, as ``.npy`` files of object arrays hold them."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.pickles.names import GlobalRecord
from data.pickles.printable import printable

_PLAIN_TYPE = re.compile(r"[biufc][0-9]{1,2}")
_MULTIARRAY = ("numpy.core.multiarray", "numpy._core.multiarray")


@dataclass(eq=False)
class DtypeRecord:
    """The type of an array: NumPy's code such as ``u2``, and the order of the bytes."""

    code: str
    order: str = "|"


@dataclass(eq=False)
class ArrayRecord:
    """An array that is not made yet: the state that the pickle has for it."""

    state: tuple[Any, ...] = ()

    def build(self) -> NDArray[Any] | list[Any]:
        """Make the array of numbers, or the list of the objects of an array of objects.

        Raises
        ------
        ValueError
            It has elements of another kind, or not as many as its shape says.
        """
        match self.state:
            case (int(), tuple(shape), DtypeRecord(code=code, order=order), is_fortran, content):
                if code == "O8" and isinstance(content, list):
                    return content
                if not _PLAIN_TYPE.fullmatch(code) or not isinstance(content, bytes):
                    msg = f"an array of type {printable(code)}"
                    raise ValueError(msg)
                dtype = np.dtype(f"{order if order in ('<', '>') else '='}{code}")
                return np.frombuffer(content, dtype).reshape(shape, order="F" if is_fortran else "C")
        msg = "an array without a state that NumPy writes"
        raise ValueError(msg)


class NumpyNames:
    """What a pickle of arrays may mention; a `data.pickles.names.PickleNames`."""

    def find_global(self, module: str, name: str) -> GlobalRecord | None:
        """Look up a name; paths, which programs note beside their arrays, become None."""
        full = f"{module}.{name}"
        if full == "numpy.ndarray":
            return GlobalRecord(full, None)
        if module in ("pathlib", "pathlib._local") and name.endswith("Path"):
            return GlobalRecord(full, _nothing)
        call = _CALLS.get((module, name))
        return None if call is None else GlobalRecord(full, call)

    def find_persistent(self, identifier: object) -> object:
        """Refuse what is kept outside of the pickle: NumPy keeps nothing there."""
        msg = "something outside of the pickle"
        raise ValueError(msg)

    def set_state(self, target: object, state: object) -> bool:
        """Set an array or its type their states, tuples."""
        if isinstance(target, DtypeRecord) and isinstance(state, tuple) and len(state) > 1:
            target.order = str(state[1])
            return True
        if isinstance(target, ArrayRecord) and isinstance(state, tuple):
            target.state = state
            return True
        return False


def _reconstruct(*_arguments: object) -> ArrayRecord:
    return ArrayRecord()


def _make_dtype(code: object, *_arguments: object) -> DtypeRecord:
    return DtypeRecord(str(code))


def _nothing(*_arguments: object) -> None:
    """Stand in for what is of no use to a reader of arrays."""


def _encode(text: object, encoding: object = "latin1") -> bytes:
    if not isinstance(text, str) or encoding != "latin1":
        msg = "bytes in an encoding that NumPy does not use"
        raise ValueError(msg)
    return text.encode("latin1")


_CALLS: dict[tuple[str, str], Callable[..., object]] = {
    ("numpy", "dtype"): _make_dtype,
    ("_codecs", "encode"): _encode,
    **{(module, "_reconstruct"): _reconstruct for module in _MULTIARRAY},
    **{(module, "scalar"): _nothing for module in _MULTIARRAY},
}
