"""A machine that reads pickles of networks and arrays without running anything that they name.

`pickle` itself calls what a pickle tells it to call, and sets what it tells it to set. Here, the standard
library only splits the bytes into instructions; those are followed on plain lists, dictionaries and records.
"""

import pickletools  # nosec B403 # lists the instructions of a pickle, none of which it carries out
from collections.abc import Callable
from typing import Any

from data.pickles.names import GlobalRecord, PickleNames
from data.pickles.printable import printable

MOST_INSTRUCTIONS = 2_000_000
"""A DPN-UNet has 60,000; more than this is no network."""

_INTEGERS = ("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4")
_TEXTS = (
    "UNICODE",
    "BINUNICODE",
    "SHORT_BINUNICODE",
    "BINUNICODE8",
    "STRING",
    "BINSTRING",
    "SHORT_BINSTRING",
)
_BYTES = ("BINBYTES", "SHORT_BINBYTES", "BINBYTES8")
_VALUES = frozenset({*_INTEGERS, *_TEXTS, *_BYTES, "FLOAT", "BINFLOAT"})
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_PUTS = frozenset({"PUT", "BINPUT", "LONG_BINPUT"})
_GETS = frozenset({"GET", "BINGET", "LONG_BINGET"})
_NOTHING = frozenset({"PROTO", "FRAME"})
_MARK = object()


class RefusedError(Exception):
    """A pickle names something that is not known to be harmless; the message is that name."""


def read_pickle(source: Any, names: PickleNames) -> object:
    """Read one pickle.

    Parameters
    ----------
    source
        Binary file or anything else with ``read`` and ``readline``; it is left behind the pickle.
    names
        The names that it may mention.

    Returns
    -------
    object
        Plain values, lists (also for sets), tuples, dictionaries and what stands for the names.

    Raises
    ------
    RefusedError
        At the first name that is not known, and at instructions that no such pickle needs.
    ValueError
        For what is no whole pickle of its kind.
    """
    machine = _Machine(names)
    try:
        for count, (instruction, argument, _) in enumerate(pickletools.genops(source)):
            if count > MOST_INSTRUCTIONS:
                msg = f"a pickle of more than {MOST_INSTRUCTIONS} instructions"
                raise ValueError(msg)
            machine.follow(instruction.name, argument)
    except (LookupError, TypeError, AttributeError, ArithmeticError, MemoryError) as error:
        msg = "a damaged pickle"
        raise ValueError(msg) from error
    return machine.result


class _Machine:
    def __init__(self, names: PickleNames) -> None:
        self._names = names
        self.result: object = None
        self._stack: list[Any] = []
        self._memo: dict[int, object] = {}
        self._steps: dict[str, Callable[[], None]] = {
            "STOP": self._stop,
            "MARK": lambda: self._push(_MARK),
            "POP": lambda: self._discard(self._stack.pop()),
            "POP_MARK": lambda: self._discard(self._take_to_mark()),
            "DUP": lambda: self._push(self._stack[-1]),
            "MEMOIZE": lambda: self._keep(len(self._memo)),
            "EMPTY_TUPLE": lambda: self._push(()),
            "EMPTY_LIST": lambda: self._push([]),
            "EMPTY_SET": lambda: self._push([]),
            "EMPTY_DICT": lambda: self._push({}),
            "TUPLE": lambda: self._push(tuple(self._take_to_mark())),
            "TUPLE1": lambda: self._push(tuple(self._take(1))),
            "TUPLE2": lambda: self._push(tuple(self._take(2))),
            "TUPLE3": lambda: self._push(tuple(self._take(3))),
            "LIST": lambda: self._push(self._take_to_mark()),
            "FROZENSET": lambda: self._push(self._take_to_mark()),
            "DICT": lambda: self._fill_dict({}, self._take_to_mark(), keep=True),
            "APPEND": lambda: self._extend(self._take(1)),
            "APPENDS": lambda: self._extend(self._take_to_mark()),
            "ADDITEMS": lambda: self._extend(self._take_to_mark()),
            "SETITEM": lambda: self._set_items(self._take(2)),
            "SETITEMS": lambda: self._set_items(self._take_to_mark()),
            "STACK_GLOBAL": lambda: self._name(*self._take(2)),
            "REDUCE": lambda: self._call(*self._take(2)),
            "NEWOBJ": lambda: self._call(*self._take(2)),
            "NEWOBJ_EX": self._call_with_keywords,
            "BUILD": lambda: self._set_state(*self._take(1)),
            "BINPERSID": self._find_persistent,
        }

    def follow(self, name: str, argument: Any) -> None:
        if name in _VALUES:
            self._push(argument)
        elif name in _CONSTANTS:
            self._push(_CONSTANTS[name])
        elif name in _PUTS:
            self._keep(argument)
        elif name in _GETS:
            self._push(self._memo[argument])
        elif name == "GLOBAL":
            self._name(*argument.split(" ", 1))
        elif name in self._steps:
            self._steps[name]()
        elif name == "INST":
            raise RefusedError(printable(argument.replace(" ", ".")))
        elif name not in _NOTHING:
            msg = f"pickle instruction {name}"
            raise RefusedError(msg)

    def _stop(self) -> None:
        (self.result,) = self._stack

    def _push(self, value: object) -> None:
        self._stack.append(value)

    def _discard(self, _value: object) -> None:
        """Drop what was taken from the stack."""

    def _keep(self, number: int) -> None:
        self._memo[number] = self._stack[-1]

    def _take(self, count: int) -> list[Any]:
        if len(self._stack) < count:
            msg = "stack"
            raise IndexError(msg)
        values = self._stack[-count:]
        del self._stack[-count:]
        if any(value is _MARK for value in values):
            msg = "mark"
            raise TypeError(msg)
        return values

    def _take_to_mark(self) -> list[Any]:
        place = len(self._stack) - 1
        while self._stack[place] is not _MARK:
            place -= 1
            if place < 0:
                msg = "no mark"
                raise IndexError(msg)
        values = self._stack[place + 1 :]
        del self._stack[place:]
        return values

    def _extend(self, values: list[Any]) -> None:
        target = self._stack[-1]
        if not isinstance(target, list):
            msg = "items for what is no list"
            raise TypeError(msg)
        target.extend(values)

    def _set_items(self, values: list[Any]) -> None:
        self._fill_dict(self._stack[-1], values)

    def _fill_dict(self, target: object, values: list[Any], keep: bool = False) -> None:
        keys = values[::2]
        # Only these: the hash of what a pickle nests deeply would overflow the stack of the interpreter.
        if not isinstance(target, dict) or not all(
            key is None or isinstance(key, str | bytes | int | float) for key in keys
        ):
            msg = "entries of what is no dictionary of names"
            raise TypeError(msg)
        target.update(zip(keys, values[1::2], strict=True))
        if keep:
            self._push(target)

    def _name(self, module: object, name: object) -> None:
        if not isinstance(module, str) or not isinstance(name, str):
            msg = "a name that is no text"
            raise TypeError(msg)
        record = self._names.find_global(module, name)
        if record is None:
            raise RefusedError(printable(f"{module}.{name}"))
        self._push(record)

    def _call(self, called: object, arguments: object) -> None:
        if not isinstance(called, GlobalRecord) or not isinstance(arguments, tuple):
            msg = "a call of what is no name"
            raise TypeError(msg)
        if called.call is None:
            msg = f"a call of {called.name}"
            raise RefusedError(msg)
        self._push(called.call(*arguments))

    def _call_with_keywords(self) -> None:
        called, arguments, keywords = self._take(3)
        if keywords != {}:
            msg = "keywords"
            raise TypeError(msg)
        self._call(called, arguments)

    def _find_persistent(self) -> None:
        self._push(self._names.find_persistent(self._stack.pop()))

    def _set_state(self, state: object) -> None:
        target = self._stack[-1]
        # An ordered dictionary's attributes (torch notes versions there) are left out.
        if not (isinstance(target, dict) and isinstance(state, dict)) and not self._names.set_state(
            target, state
        ):
            msg = f"a state for {type(target).__name__}"
            raise RefusedError(msg)
