"""What is wrong with a setting, told by its name as the configuration file has it."""

import json
from collections.abc import Sequence
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, Tag, ValidationError

from data.errors import InputError
from pipeline.config.similar_settings import find_similar


def explain_setting(
    stage: str, settings_type: type[BaseModel], error: ValidationError, source: str
) -> InputError:
    """Explain the first thing that is wrong with a stage's settings.

    Parameters
    ----------
    stage
        Name of the settings' section.
    settings_type
        What was expected.
    error
        What pydantic found; where settings are chosen by their kind it names the kind as if it were a table.
    source
        Where the settings come from.
    """
    first = error.errors()[0]
    places, table = _follow(settings_type, first["loc"])
    name = ".".join((stage, *places))
    if first["type"] == "extra_forbidden":
        kind = table.model_fields["kind"].default if "kind" in table.model_fields else None
        meant = find_similar(stage, settings_type, places, table)
        return InputError(
            found=f"unknown setting {name}" + (f" of the kind {kind}" if kind else ""),
            where=source,
            expected=f"one of {', '.join(table.model_fields)}",
            advice=f"{' or '.join(meant)} may be meant" if meant else "",
        )
    if first["type"] == "union_tag_invalid":
        context = first.get("ctx", {})
        return InputError(
            found=f"{name}.kind = {context['tag']!r}",
            where=source,
            expected=f"one of {context['expected_tags'].replace(chr(39), '')}",
        )
    if first["type"] == "tuple_type":
        field = table.model_fields.get(places[-1])
        written = _write_as_list(field and field.annotation, first["input"])
        return InputError(
            found=f"{name} = {first['input']!r}: not a list",
            where=source,
            expected=f"a list, written {written}",
            advice=f"as an option in quotes: --set '{name}={written}'",
        )
    message = _join_messages(settings_type, error, places)
    given = f" = {first['input']!r}" if places else ""
    return InputError(found=f"{name}{given}: {message}", where=source, advice="correct this setting")


def find_place(settings_type: type[BaseModel], error: ValidationError) -> tuple[str, ...]:
    """Return the place of the first error, as the file names it; empty for all settings together."""
    return tuple(_follow(settings_type, error.errors()[0]["loc"])[0])


def find_unknown(settings_type: type[BaseModel], error: ValidationError) -> tuple[str, ...]:
    """Return the place of the first error, as the file names it, if it is an unknown setting."""
    is_unknown = error.errors()[0]["type"] == "extra_forbidden"
    return find_place(settings_type, error) if is_unknown else ()


def _join_messages(settings_type: type[BaseModel], error: ValidationError, places: list[str]) -> str:
    """Join what is said of one setting, of each of the plain types that it may have."""
    first, *others = (
        found["msg"].removeprefix("Value error, ")
        for found in error.errors()
        if _follow(settings_type, found["loc"])[0] == places
    )
    return ", or ".join([first, *(other.removeprefix("Input should be ") for other in others)])


def _write_as_list(annotation: Any, value: Any) -> str:
    """Write a value as TOML writes a list of it; names between commas are one each."""
    item = next(iter(get_args(annotation)), None)
    if isinstance(item, type) and issubclass(item, BaseModel):
        return "[{...}]"
    values = [part.strip() for part in value.split(",")] if isinstance(value, str) else [value]
    return json.dumps(values) if isinstance(values[0], str | int | float) else "[...]"


def _follow(settings_type: type[BaseModel], loc: Sequence[int | str]) -> tuple[list[str], type[BaseModel]]:
    """Follow a place through the settings; give its names in the file, and the last table on the way."""
    names: list[str] = []
    table, annotation = settings_type, settings_type
    for part in loc:
        kinds = _kinds(annotation)
        if part in kinds:
            annotation = table = kinds[part]
            continue
        if _is_plain_union(annotation):
            # The name of the alternative that was tried.
            continue
        names.append(str(part))
        if isinstance(part, int):
            annotation = get_args(annotation)[0]
        elif part in table.model_fields:
            annotation = table.model_fields[part].annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            table = annotation
    return names, table


def _is_plain_union(annotation: Any) -> bool:
    """Return whether a setting may have several types, none of which is a table."""
    choices = get_args(annotation)
    return get_origin(annotation) in (Union, UnionType) and all(map(_is_plain, choices))


def _is_plain(annotation: Any) -> bool:
    if annotation in (bool, int, float, str) or get_origin(annotation) is Literal:
        return True
    return get_origin(annotation) in (tuple, Annotated) and _is_plain(get_args(annotation)[0])


def _kinds(annotation: Any) -> dict[Any, type[BaseModel]]:
    """Return the alternatives among which settings are chosen, by their kinds."""
    found: dict[Any, type[BaseModel]] = {}
    for choice in get_args(annotation):
        if get_origin(choice) is Annotated:
            kind, *notes = get_args(choice)
            found |= {note.tag: kind for note in notes if isinstance(note, Tag)}
            found |= _kinds(kind)
    return found
