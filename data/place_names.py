"""What the user calls a folder that is a copy of another place: in messages, that place has its own name."""

from typing import Any

_NAMES: dict[str, str] = {}
"""Path of the folder -> name of the place that it is a copy of."""


def set_place_name(path: str, name: str) -> None:
    """Let messages call a folder, and what is in it, by another name."""
    _NAMES[path] = name


def show_places_in(value: Any) -> Any:
    """Return a value of JSON whose texts are those of `show_places`."""
    if isinstance(value, str):
        return show_places(value)
    if isinstance(value, dict):
        return {name: show_places_in(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [show_places_in(item) for item in value]
    return value


def show_places(text: str) -> str:
    """Return a text in which paths in such folders are those of the places themselves."""
    for path, name in _NAMES.items():
        text = text.replace(path, name)
    return text
