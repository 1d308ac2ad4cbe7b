"""Whether a file has the entries of a network."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from data.errors import InputError
from data.pickles.printable import printable

MOST_NAMED = 3
"""Entries that a message names."""

Shape = tuple[int, ...]


def check_entries(
    where: Path, shapes: Mapping[str, Shape], expected: Mapping[str, Shape], network: str, advice: str
) -> None:
    """Refuse entries that are not those of a network.

    Parameters
    ----------
    where
        The file that has them.
    shapes
        Shape of each entry of the file.
    expected
        Shape of each entry of the network.
    network
        The network's name, with its article.
    advice
        What to do next.

    Raises
    ------
    InputError
        Naming entries that are missing, surplus, or of another shape.
    """
    differing = [
        f"{name} ({_by(shapes[name])}, not {_by(shape)})"
        for name, shape in expected.items()
        if shapes.get(name, shape) != shape
    ]
    faults = [
        f"{len(names)} {fault}: {_list(names)}"
        for fault, names in (
            ("missing", [name for name in expected if name not in shapes]),
            ("surplus", [name for name in shapes if name not in expected]),
            ("of another shape", differing),
        )
        if names
    ]
    if faults:
        raise InputError(
            found="; ".join(faults),
            where=where,
            expected=f"the {len(expected)} entries of {network}",
            advice=advice,
        )


def _list(names: Iterable[str]) -> str:
    first, rest = list(names)[:MOST_NAMED], list(names)[MOST_NAMED:]
    return ", ".join(map(printable, first)) + (f" and {len(rest)} more" if rest else "")


def _by(shape: Shape) -> str:
    return " x ".join(map(str, shape)) or "one number"
