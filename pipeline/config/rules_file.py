"""Files of rules for the combine stage."""

import json
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from data.errors import InputError
from data.rules.rules import Rules
from data.text.named_file import find_named
from data.text.toml_file import read_toml

_ADVICE = "docs/combining.md has them all"

_BESIDE = ("min_confidence", "max_classes")
"""Settings of the stage that a file of rules may have, too."""


def read_rules(given: str) -> list[str]:
    """Read a file of rules, or bundled ones by name, as assignments: ``combine.rules.image.fusion="root"``.

    Raises
    ------
    InputError
        The file is missing or no TOML, or has something that is no rule.
    """
    path = find_rules(given)
    try:
        content = read_toml(path)
    except (OSError, ValueError) as error:
        raise InputError(
            found=f"unreadable ({error})",
            where=path,
            expected="a TOML file of rules, or the name of bundled ones: simhpa19, as-predicted",
            advice=_ADVICE,
        ) from None
    known = (*Rules.model_fields, *_BESIDE)
    unknown = [name for name in content if name not in known]
    if unknown:
        raise InputError(
            found=f"{unknown[0]!r}",
            where=path,
            expected=f"one of {', '.join(known)}",
            advice=_ADVICE,
        )
    return list(_assign(content, "combine"))


def load_bundled_rules(name: str) -> Rules:
    """Return bundled rules by name."""
    return Rules.model_validate(read_toml(find_rules(name)))


def find_rules(given: str) -> Path:
    """Return the file of rules that are named, a bundled one unless the name is a path."""
    return find_named(given, Path(str(resources.files("configs").joinpath("rules"))), "set of rules")


def _assign(values: Mapping[str, Any], table: str) -> Iterator[str]:
    for name, value in values.items():
        path = f"{table}.{name}" if name in _BESIDE or table != "combine" else f"{table}.rules.{name}"
        if isinstance(value, Mapping):
            yield from _assign(value, path)
        else:
            yield f"{path}={json.dumps(value, ensure_ascii=False)}"
