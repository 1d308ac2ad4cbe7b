"""What the user calls a folder that is a copy of another place: in messages, that place has its own name."""

_NAMES: dict[str, str] = {}
"""Path of the folder -> name of the place that it is a copy of."""


def set_place_name(path: str, name: str) -> None:
    """Let messages call a folder, and what is in it, by another name."""
    _NAMES[path] = name


def show_places(text: str) -> str:
    """Return a text in which paths in such folders are those of the places themselves."""
    for path, name in _NAMES.items():
        text = text.replace(path, name)
    return text
