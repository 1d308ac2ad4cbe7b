"""Slices of a stack in files of their own, told by their names: ``_z00``, ``ZStep_1/``, Opera's ``p01``."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TypeVar

from data.errors import InputError
from data.fields.naming.channel_folders import Place
from data.text.readable_text import readable_line

_T = TypeVar("_T")

_SLICE_NUMBERS = (
    # Opera and Operetta: r01c01f01p01.
    re.compile(r"(?<=f\d\d)p(\d+)(?![^\W_])|(?<=f\d)p(\d+)(?![^\W_])|(?<=f\d\d\d)p(\d+)(?![^\W_])", re.I),
    # CellVoyager: T0001F001L01A01Z01.
    re.compile(r"(?<=A\d\d)Z(\d\d)(?![^\W_])", re.I),
    # LAS X, ImageXpress, Micro-Manager and others: A1_z00, ZStep_1.
    re.compile(r"(?<![^\W_])z[-_ ]?(?:step|slice|plane)?[-_ ]?(\d{1,4})(?![^\W_])", re.I),
)
_ROW = re.compile(r"(?<![^\W_])([a-y])\d{1,4}(?![^\W_])", re.I)
_LEAST_ROWS = 3
"""Other rows of a plate beside row Z, by which Z1 and Z2 are wells."""

_SEPARATORS = "_-. "


def choose_slices(places: Mapping[Place, _T], z: str) -> tuple[dict[Place, _T], dict[Place, InputError]]:
    """Return the places of fields, with one slice of each stack, and why of some stacks none is chosen.

    Parameters
    ----------
    places
        Folders and name -> what lies there.
    z
        The setting ``images.z``: ``middle``, or the number of a slice from 0, in the order of the files'
        numbers.

    Returns
    -------
    tuple of dict
        Places, those of a stack without the number of the slice; and, for stacks of which none is chosen, the
        fault of the field.
    """
    stacks: dict[Place, list[tuple[int, Place]]] = defaultdict(list)
    rows = _count_rows(places)
    for place in places:
        split = _split_slice(place)
        if split is not None and rows.get(_around(split[0], split[2]), 0) < _LEAST_ROWS:
            stacks[_to_place(split[0], split[2])].append((split[1], place))
    chosen: dict[Place, _T] = {}
    faults: dict[Place, InputError] = {}
    of_stacks = {place: stack for stack, slices in stacks.items() if len(slices) > 1 for _, place in slices}
    # A1 beside A1_z00 and A1_z01 is a field of its own.
    own = {stack: stack if stack not in places else min(slices)[1] for stack, slices in stacks.items()}
    for place, held in places.items():
        stack = of_stacks.get(place)
        if stack is None:
            chosen[place] = held
        elif own[stack] not in chosen:
            slices = [found for _, found in sorted(stacks[stack])]
            number = _number(len(slices), z)
            chosen[own[stack]] = places[slices[number or 0]]
            if number is None:
                faults[own[stack]] = _explain(slices, z)
    return chosen, faults


def _split_slice(place: Place) -> tuple[str, int, str] | None:
    """Return what is before the number of a slice, the number, and what follows, or None."""
    path = "/".join((*place[0], place[1]))
    for pattern in _SLICE_NUMBERS:
        found = list(pattern.finditer(path))
        if found:
            number = next(group for group in found[-1].groups() if group)
            return path[: found[-1].start()], int(number), path[found[-1].end() :]
    return None


def _to_place(before: str, after: str) -> Place:
    if before and after[:1] not in ("", "/"):
        path = before + after.lstrip(_SEPARATORS) if before[-1] in _SEPARATORS else before + after
    else:
        path = before.rstrip(_SEPARATORS) + after.lstrip(_SEPARATORS)
    parts = [part for part in path.split("/") if part]
    return (tuple(parts[:-1]), parts[-1]) if parts else ((), "stack")


def _count_rows(places: Mapping[Place, object]) -> dict[tuple[str, str], int]:
    """Count the letters that stand where others have the z, for names of wells."""
    rows: dict[tuple[str, str], set[str]] = defaultdict(set)
    for folders, name in places:
        path = "/".join((*folders, name))
        for found in _ROW.finditer(path):
            rows[_around(path[: found.start()], path[found.end() :])].add(found[1].casefold())
    return {around: len(letters) for around, letters in rows.items()}


def _around(before: str, after: str) -> tuple[str, str]:
    return before.casefold(), after.casefold()


def _number(count: int, z: str) -> int | None:
    if z == "middle":
        return count // 2
    return int(z) if z.isdecimal() and int(z) < count else None


def _explain(slices: Sequence[Place], z: str) -> InputError:
    names = [readable_line("/".join((*folders, name))) for folders, name in slices]
    found = f"{len(slices)} slices of one stack, in files of their own"
    return InputError(
        found=f"images.z = {z}, of {found}" if z else found,
        where=f"{names[0]} ... {names[-1]}",
        expected=f"middle, or the number of a slice from 0 to {len(slices) - 1}",
        advice="choose with the setting images.z, for example --set images.z=middle",
    )
