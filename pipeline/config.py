"""Configuration: defaults, a TOML file and single settings from the command line, checked by pydantic."""

import tomllib
from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from data.errors import InputError
from pipeline.setting_errors import explain_setting

SECTIONS = (
    "simulate",
    "segment",
    "crops",
    "find_rate",
    "train",
    "predict",
    "combine",
    "score",
    "evaluate",
    "inspect",
    "segmenter",
    "compare",
)
"""Sections of a configuration file, one a stage."""

DEFAULT_RECIPE = "hpacells"
"""The recipe of a training for which none is named."""

Settings = TypeVar("Settings", bound=BaseModel)


class Config:
    """Settings of all stages, each checked when its stage asks for them.

    Parameters
    ----------
    sections
        Stage name -> raw settings.
    source
        What to name in an error message.
    """

    def __init__(self, sections: Mapping[str, Mapping[str, Any]], source: str) -> None:
        unknown = sorted(set(sections) - set(SECTIONS))
        if unknown:
            raise InputError(
                found=f"unknown section [{unknown[0]}]",
                where=source,
                expected=f"one of {', '.join(SECTIONS)}",
            )
        self._sections, self._source = sections, source

    def settings(self, stage: str, settings_type: type[Settings]) -> Settings:
        """Give the checked settings of a stage.

        Raises
        ------
        InputError
            A setting is unknown or has a value that it cannot have.
        """
        try:
            return settings_type.model_validate(self._sections.get(stage, {}))
        except ValidationError as error:
            raise explain_setting(stage, settings_type, error, self._source) from None


def load_config(file: Path | None, assignments: Iterable[str] = (), recipe: str | None = None) -> Config:
    """Load a configuration.

    Parameters
    ----------
    file
        TOML file with a section a stage, or None for the defaults.
    assignments
        ``section.name=value`` each, over the file's; the value is written as in TOML, quotes may be left out.
        Another ``kind`` of a table than the file names begins with that kind's defaults, in place of the
        file's values, which belong to the kind there; assigned values are kept.
    recipe
        Training recipe: a TOML file, or the name of one that comes with hpacells; it takes the place of the
        file's section ``[train]``. Without either, the default recipe is used.
    """
    sections: dict[str, Any] = dict(_read_toml(file)) if file else {}
    if recipe or "train" not in sections:
        sections["train"] = _read_toml(find_recipe(recipe or DEFAULT_RECIPE))
    for assignment in sorted(assignments, key=_kinds_first):
        _assign(sections, assignment)
    sources = [str(part) for part in (file, recipe) if part] or ["settings"]
    return Config(sections, " + ".join(sources))


def find_recipe(recipe: str) -> Path:
    """Find a recipe by its path or, without ``.toml``, by its name among those that come with hpacells."""
    path = Path(recipe)
    if path.is_file():
        return path
    shipped = Path(str(resources.files("configs").joinpath("recipes")))
    named = shipped / f"{recipe}.toml"
    if named.is_file():
        return named
    names = ", ".join(sorted(file.stem for file in shipped.glob("*.toml")))
    raise InputError(found="no such recipe", where=recipe, expected=f"a TOML file or one of {names}")


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text())
    except OSError as error:
        raise InputError(error.strerror or str(error), where=path, expected="a TOML file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(found=f"no TOML ({error})", where=path, expected="a TOML file") from None


def _assign(sections: dict[str, Any], assignment: str) -> None:
    name, separator, text = assignment.partition("=")
    *path, last = name.strip().split(".")
    if not separator or not path:
        raise InputError(found="not understood", where=f"--set {assignment}", expected="section.name=value")
    target = sections
    for part in path:
        target = target.setdefault(part, {})
        if not isinstance(target, dict):
            raise InputError(
                found=f"{part} is no section", where=f"--set {assignment}", expected="section.name=value"
            )
    value = _parse_value(text.strip())
    if last == "kind" and target.get("kind", value) != value:
        target.clear()
    target[last] = value


def _kinds_first(assignment: str) -> tuple[bool, int]:
    """Sort kinds before what belongs to them, and outer tables before inner ones."""
    name = assignment.partition("=")[0].strip()
    is_kind = name.endswith(".kind")
    return not is_kind, name.count(".") if is_kind else 0


def _parse_value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
