"""Old names of settings, which work for one version more and are reported by name."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from data.errors import InputError
from data.settings import Settings


@dataclass(frozen=True)
class OldName:
    """A setting that was found under an old name: that name and the new one, with the tables around it."""

    old: str
    new: str


def rename_settings(
    values: Any, types: Iterable[type[Settings]], place: tuple[str, ...] = ()
) -> tuple[Any, list[OldName]]:
    """Return raw settings with old names replaced by new ones, also in inner tables.

    Parameters
    ----------
    values
        Raw settings: a mapping, a list of them, or a plain value, which stays as it is.
    types
        Settings classes that the values may be of; several where a ``kind`` decides.
    place
        Names of the tables around the values, for messages.

    Returns
    -------
    values, found
        The renamed settings, and what was found under an old name.

    Raises
    ------
    InputError
        A setting is given under both names.
    """
    types = list(types)
    if isinstance(values, list | tuple):
        parts = [rename_settings(value, types, place) for value in values]
        return [value for value, _ in parts], [old for _, found in parts for old in found]
    if not isinstance(values, Mapping):
        return values, []
    renamed, found = {}, []
    for name, value in values.items():
        new, convert = find_new_name(types, name)
        if new != name:
            found.append(OldName(".".join((*place, name)), ".".join((*place, new))))
            value = convert(value)
        if new in renamed or (new != name and new in values):
            both = ".".join((*place, new))
            raise InputError(
                found=f"{both}, also under its old name",
                where="settings",
                expected="each setting once",
                advice="leave the old name out",
            )
        renamed[new], inner = rename_settings(value, inner_types(types, new), (*place, new))
        found += inner
    return renamed, found


def find_new_name(types: Iterable[type[Settings]], name: str) -> tuple[str, Callable[[Any], Any]]:
    """Return what `Settings.find_new_name` says, of the first of several classes that knows the name."""
    known = (kind for kind in types if name in kind.model_fields or name in kind.renamed)
    return next(known, Settings).find_new_name(name)


def inner_types(types: Iterable[type[Settings]], name: str) -> list[type[Settings]]:
    """Return the settings classes that a setting of this name may hold; empty for a plain value."""
    annotations = [kind.model_fields[name].annotation for kind in types if name in kind.model_fields]
    return [found for annotation in annotations for found in _settings_in(annotation)]


def _settings_in(annotation: Any) -> list[type[Settings]]:
    if isinstance(annotation, type) and issubclass(annotation, Settings):
        return [annotation]
    return [found for argument in get_args(annotation) for found in _settings_in(argument)]
