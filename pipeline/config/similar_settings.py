"""Settings that somebody may have meant who wrote one that there is not."""

import difflib
from collections.abc import Iterator, Sequence
from typing import Any, get_args

from pydantic import BaseModel

_LIKENESS = 0.75
_SHOWN = 3


def find_similar(
    stage: str, settings_type: type[BaseModel], places: Sequence[str], table: type[BaseModel]
) -> list[str]:
    """Find settings by the last name of one that there is not.

    Parameters
    ----------
    stage
        Name of the settings' section.
    settings_type
        Its settings.
    places
        Names of the unknown setting below the section, such as ``("fit", "epoch")``.
    table
        The settings among which it was looked for.

    Returns
    -------
    list of str
    XX
        none, those beside it that are spelled alike. Three at most.
    """
    if not places:
        return []
    *parents, name = places
    elsewhere = sorted({".".join((stage, *path)) for path in _walk(settings_type) if path[-1] == name})
    if elsewhere:
        return elsewhere[:_SHOWN]
    alike = difflib.get_close_matches(name, table.model_fields, n=1, cutoff=_LIKENESS)
    return [".".join((stage, *parents, found)) for found in alike]


def _walk(settings_type: type[BaseModel]) -> Iterator[tuple[str, ...]]:
    """Yield the names of all settings, without those in lists of tables."""
    for name, field in settings_type.model_fields.items():
        yield (name,)
        for table in _tables(field.annotation):
            yield from ((name, *path) for path in _walk(table))


def _tables(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type):
        if issubclass(annotation, BaseModel):
            yield annotation
        return
    if getattr(annotation, "__origin__", None) in (tuple, list, dict):
        return
    for part in get_args(annotation):
        yield from _tables(part)
