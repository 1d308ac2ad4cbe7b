"""The names that a pickle of a network may mention, and what each stands for: nothing is imported by name."""

import math
import re
from collections.abc import Callable
from functools import partial

from data.pickles.names import GlobalRecord
from data.pickles.printable import printable
from models.weights.pickles.records import ModuleRecord, StorageRecord, TensorRecord

STORAGE_TYPES = {
    "DoubleStorage": "<f8",
    "FloatStorage": "<f4",
    "HalfStorage": "<f2",
    "BFloat16Storage": "bfloat16",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ShortStorage": "<i2",
    "CharStorage": "|i1",
    "ByteStorage": "|u1",
    "BoolStorage": "|b1",
}
"""Type of the elements of each of torch's storages."""

MOST_DIMENSIONS = 64
"""Of a tensor, as torch has it."""

_DTYPES = frozenset(
    {"float32", "float64", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool"}
)
_INERT = re.compile(
    r"pytorch_zoo(\.\w+)*"
    r"|torch\.nn\.(modules|parallel)(\.\w+)*"
    r"|torch\.nn\.(functional|backends\.thnn)"
)


class TorchNames:
    """The names of one pickle that torch wrote; a `data.pickles.names.PickleNames`.

    Attributes
    ----------
    storages
        The storages that the pickle mentioned, by their keys.
    """

    def __init__(self) -> None:
        self.storages: dict[str, StorageRecord] = {}

    def find_global(self, module: str, name: str) -> GlobalRecord | None:
        """As `find_global`."""
        return find_global(module, name)

    def find_persistent(self, identifier: object) -> object:
        """Return a storage, the same record every time, or a class."""
        found = read_persistent_id(identifier)
        if not isinstance(found, StorageRecord):
            return found
        known = self.storages.setdefault(found.key, found)
        if (known.dtype, known.count) != (found.dtype, found.count):
            msg = f"storage {printable(found.key)} has two descriptions"
            raise ValueError(msg)
        return known

    def set_state(self, target: object, state: object) -> bool:
        """Set the state of a module, a dictionary."""
        if not (isinstance(target, ModuleRecord) and isinstance(state, dict)):
            return False
        target.state = state
        return True


def find_global(module: str, name: str) -> GlobalRecord | None:
    """Look up a name of a pickle.

    Parameters
    ----------
    module, name
        As the pickle has them; the whole name has to be known, so dots in ``name`` lead nowhere.

    Returns
    -------
    GlobalRecord or None
        A stand-in; None for a name that is refused.
    """
    full = f"{module}.{name}"
    if module in ("torch", "torch.cuda") and name in STORAGE_TYPES:
        return GlobalRecord(full, None)
    if (module == "torch" and name in _DTYPES) or (module, name) == ("torch.storage", "UntypedStorage"):
        return GlobalRecord(full, None)
    if call := _CALLS.get((module, name)):
        return GlobalRecord(full, call)
    if (_INERT.fullmatch(module) and name.isidentifier()) or (module, name) == ("torch", "device"):
        return GlobalRecord(full, partial(_stand_in, full))
    return None


def read_persistent_id(identifier: object) -> StorageRecord | GlobalRecord:
    """Read what torch keeps outside of the pickle: a storage, or a class that comes with its source text.

    Parameters
    ----------
    identifier
        ``("storage", type, key, device, count[, view])`` or ``("module", class, file, source)``.

    Raises
    ------
    ValueError
        For anything else.
    """
    match identifier:
        case ("storage", GlobalRecord(name=name), str(key), str(), int(count), *view):
            dtype = STORAGE_TYPES.get(name.rpartition(".")[2])
            if dtype is None or count < 0 or view not in ([], [None]):
                msg = f"storage {printable(key)} of a kind that is not known"
                raise ValueError(msg)
            return StorageRecord(dtype, key, count)
        case ("module", GlobalRecord() as record, _, _):
            return record
    msg = "a persistent id that is no storage"
    raise ValueError(msg)


def _stand_in(name: str, *_arguments: object) -> ModuleRecord:
    return ModuleRecord(name)


def _rebuild_tensor(storage: object, offset: object, size: object, stride: object) -> TensorRecord:
    if not isinstance(storage, StorageRecord):
        msg = "a tensor without a storage"
        raise ValueError(msg)
    shape, steps = _counts(size), _counts(stride)
    (start,) = _counts((offset,))
    elements = math.prod(shape)
    last = start + sum((side - 1) * step for side, step in zip(shape, steps, strict=True))
    # More elements than the storage has are repeated by a stride of 0: a few bytes would fill the memory.
    if elements > storage.count or (elements and last >= storage.count):
        msg = f"a tensor of shape {shape} that reaches beyond its storage of {storage.count} elements"
        raise ValueError(msg)
    return TensorRecord(storage, start, shape, steps)


def _rebuild_tensor_v2(
    storage: object, offset: object, size: object, stride: object, *_hooks: object
) -> TensorRecord:
    return _rebuild_tensor(storage, offset, size, stride)


def _rebuild_parameter(tensor: object, *_hooks: object) -> TensorRecord:
    if not isinstance(tensor, TensorRecord):
        msg = "a parameter that is no tensor"
        raise ValueError(msg)
    return tensor


def _counts(values: object) -> tuple[int, ...]:
    if (
        not isinstance(values, tuple | list)
        or len(values) > MOST_DIMENSIONS
        or not all(type(value) is int and 0 <= value < 1 << 48 for value in values)
    ):
        msg = "a tensor whose size, stride or offset are no counts"
        raise ValueError(msg)
    return tuple(values)


def _make_dict() -> dict[object, object]:
    return {}


def _make_set(values: object) -> object:
    # Its values as they are: to hash what a pickle nests deeply would overflow the interpreter's stack.
    if not isinstance(values, list):
        msg = "a set of something else than values"
        raise ValueError(msg)
    return values


_CALLS: dict[tuple[str, str], Callable[..., object]] = {
    ("collections", "OrderedDict"): _make_dict,
    ("builtins", "set"): _make_set,
    ("__builtin__", "set"): _make_set,
    ("torch", "Size"): _counts,
    ("torch.nn.parameter", "Parameter"): _rebuild_parameter,
    ("torch._utils", "_rebuild_tensor"): _rebuild_tensor,
    ("torch._utils", "_rebuild_tensor_v2"): _rebuild_tensor_v2,
    ("torch._utils", "_rebuild_parameter"): _rebuild_parameter,
    ("torch._utils", "_rebuild_parameter_with_state"): _rebuild_parameter,
}
