"""Single settings from the command line, put over those of a file."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from data.errors import InputError
from data.text.toml_file import parse_toml


@dataclass
class OtherKind:
    """A table that was given a kind, and what becomes of the file's values in it.

    Attributes
    ----------
    path
        Where the table lies, from its section on.
    kind
        What it was given.
    rest
        Values that are in it still, because the file named no kind that they would belong to.
    dropped
        Values that are in it no more.
    """

    path: tuple[str, ...]
    kind: Any
    rest: set[str]
    dropped: list[str]


def assign(sections: dict[str, Any], assignments: Iterable[str]) -> list[OtherKind]:
    """Put settings over those of a file.

    Parameters
    ----------
    sections
        Raw settings, which are changed.
    assignments
        ``section.name=value`` each, the value as in TOML; quotes may be left out. They hold in any order of
        kinds and what belongs to them.

    Returns
    -------
    list of OtherKind
        For each assigned ``kind``.

    Raises
    ------
    InputError
        An assignment is not written so.
    """
    tables: list[OtherKind] = []
    for assignment in sorted(assignments, key=_kinds_first):
        name, separator, text = assignment.partition("=")
        *path, last = name.strip().split(".")
        if not separator or not path:
            raise InputError(
                found="not understood", where=f"--set {assignment}", expected="section.name=value"
            )
        target = _find_table(sections, path, assignment)
        value = _parse_value(text.strip())
        _keep_assigned(tables, (*path, last))
        if last == "kind":
            tables.append(_change_kind(target, tuple(path), value))
        target[last] = value
    return tables


def find_section(assignment: str) -> str:
    """Name the section that an assignment is for."""
    return assignment.partition("=")[0].partition(".")[0].strip()


def name_source(source: str, assignments: Iterable[str], place: tuple[str, ...]) -> str:
    """Name where a value comes from: the assignment that set it, or else ``source``.

    Parameters
    ----------
    source
        What settings come from that were not assigned.
    assignments
        ``section.name=value`` each.
    place
        The value's name, part by part from its section on. Of a table, of which some was assigned, both are
        named.
    """
    paths = {text: tuple(text.partition("=")[0].strip().split(".")) for text in assignments}
    above = [text for text, path in paths.items() if path == place[: len(path)]]
    if above:
        return f"--set {above[-1]}"
    below = [f"--set {text}" for text, path in paths.items() if path[: len(place)] == place]
    return " + ".join([source, *below])


def _find_table(sections: dict[str, Any], path: list[str], assignment: str) -> dict[str, Any]:
    target = sections
    for part in path:
        target = target.setdefault(part, {})
        if not isinstance(target, dict):
            raise InputError(
                found=f"{part} is not a section", where=f"--set {assignment}", expected="section.name=value"
            )
    return target


def _keep_assigned(tables: list[OtherKind], path: tuple[str, ...]) -> None:
    """Take note that a value, or one below it, is not the file's any more."""
    for table in tables:
        if path == table.path[: len(path)]:
            table.rest.clear()
        elif path[: len(table.path)] == table.path:
            table.rest.discard(path[len(table.path)])


def _change_kind(table: dict[str, Any], path: tuple[str, ...], kind: Any) -> OtherKind:
    """Take the values of another kind out of a table, where the file names it."""
    values = set(table) - {"kind"}
    if "kind" not in table:
        return OtherKind(path, kind, rest=values, dropped=[])
    if table["kind"] == kind:
        return OtherKind(path, kind, rest=set(), dropped=[])
    table.clear()
    return OtherKind(path, kind, rest=set(), dropped=sorted(values))


def _kinds_first(assignment: str) -> tuple[bool, int]:
    """Sort kinds before what belongs to them, and outer tables before inner ones."""
    name = assignment.partition("=")[0].strip()
    is_kind = name.endswith(".kind")
    return not is_kind, name.count(".") if is_kind else 0


def _parse_value(text: str) -> Any:
    try:
        table = parse_toml(f"value = {text}")
    except ValueError:
        return text
    # A line break would begin another setting.
    return table["value"] if len(table) == 1 else text
