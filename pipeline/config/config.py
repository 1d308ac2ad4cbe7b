"""Configuration: defaults, a TOML file and single settings from the command line, checked by pydantic."""

import logging
from collections.abc import Collection, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from data.errors import InputError
from data.text.named_file import find_named
from data.text.toml_file import read_toml
from pipeline.config.assignments import OtherKind, assign, find_section, name_source
from pipeline.config.old_names import take_old_name, take_old_names
from pipeline.config.sections import SECTIONS, settings_of
from pipeline.config.setting_errors import explain_setting, find_place, find_unknown

DEFAULT_RECIPE = "hpacells"
"""The recipe of a training for which none is named."""

Settings = TypeVar("Settings", bound=BaseModel)

log = logging.getLogger("hpacells")


class Config:
    """Settings of all stages, each checked when its stage asks for them.

    Parameters
    ----------
    sections
        Stage name -> raw settings.
    source
        What to name in an error message.
    other_kinds
        Tables that were given a kind.
    assignments
        ``section.name=value`` of those settings that do not come from the source.
    """

    def __init__(
        self,
        sections: Mapping[str, Mapping[str, Any]],
        source: str,
        other_kinds: Sequence[OtherKind] = (),
        assignments: Sequence[str] = (),
    ) -> None:
        unknown = sorted(set(sections) - set(SECTIONS))
        if unknown:
            raise InputError(
                found=f"unknown section [{unknown[0]}]",
                where=name_source(source, assignments, (unknown[0],)),
                expected=f"one of {', '.join(SECTIONS)}",
            )
        self._sections, self._source, self._other_kinds = sections, source, other_kinds
        self._assignments = assignments

    def settings(self, stage: str, settings_type: type[Settings]) -> Settings:
        """Return the checked settings of a stage, and report once what of the file was left out.

        Raises
        ------
        InputError
            A setting is unknown or has a value that it cannot have.
        """
        while True:
            try:
                settings = settings_type.model_validate(self._sections.get(stage, {}))
            except ValidationError as error:
                if not self._drop((stage, *find_unknown(settings_type, error))):
                    place = (stage, *find_place(settings_type, error))
                    source = name_source(self._source, self._assignments, place)
                    raise explain_setting(stage, settings_type, error, source) from None
            else:
                self._tell_dropped(stage)
                return settings

    def with_values(self, values: Mapping[str, Any]) -> "Config":
        """Return a configuration in which some settings, named ``section.name``, have other values."""
        sections = {name: dict(section) for name, section in self._sections.items()}
        for path, value in values.items():
            section, name = path.split(".")
            sections.setdefault(section, {})[name] = value
        return Config(sections, self._source, self._other_kinds, self._assignments)

    def _drop(self, path: tuple[str, ...]) -> bool:
        """Drop a value of the file that belongs to another kind than its table has now."""
        for table in self._other_kinds:
            if table.path == path[:-1] and path[-1] in table.rest:
                target: Any = self._sections
                for part in table.path:
                    target = target[part]
                del target[path[-1]]
                table.rest.remove(path[-1])
                table.dropped.append(path[-1])
                return True
        return False

    def _tell_dropped(self, stage: str) -> None:
        for table in self._other_kinds:
            if table.path[0] == stage and table.dropped:
                log.info(
                    "%s.kind = %s: %s left out, set for another kind",
                    ".".join(table.path),
                    table.kind,
                    ", ".join(sorted(table.dropped)),
                )
                table.dropped.clear()


def load_config(
    file: Path | None,
    assignments: Sequence[str] = (),
    recipe: str | None = None,
    reads: Collection[str] | None = None,
) -> Config:
    """Load a configuration.

    Parameters
    ----------
    file
        TOML file with a section a stage, or None for the defaults.
    assignments
        ``section.name=value`` each, over the file's; the value is written as in TOML, quotes may be left out.
        Another ``kind`` of a table than the file names begins with that kind's defaults, in place of the
        file's values, which belong to the kind there; where the file names none, its values stay that the
        kind has, too. Assigned values are kept.
    recipe
        Training recipe: a TOML file, or the name of one that comes with hpacells; it takes the place of the
        file's section ``[train]``. Without either, the default recipe is used.
    reads
        The sections that will be read: settings of no other may be assigned, and all that the file and the
        assignments set is checked at once. Without it, a section is checked when its stage asks for it.

    Raises
    ------
    InputError
        A file cannot be read, or a setting is not written as it should be, unknown or read by nothing.
    """
    sections: dict[str, Any] = take_old_names(_read_toml(file), file) if file else {}
    if reads is not None and recipe and "train" in sections:
        Config({"train": sections["train"]}, str(file)).settings("train", settings_of("train"))
    assignments = [take_old_name(assignment) for assignment in assignments]
    given = dict.fromkeys([*sections, *map(find_section, assignments)])
    if recipe or "train" not in sections:
        path = find_recipe(recipe or DEFAULT_RECIPE)
        sections |= take_old_names({"train": _read_toml(path)}, path)
    other_kinds = assign(sections, assignments)
    sections = take_old_names(sections, "--set")
    sources = [str(part) for part in (file, recipe) if part] or ["settings"]
    config = Config(sections, " + ".join(sources), other_kinds, assignments)
    if reads is not None:
        _refuse_unread(assignments, reads)
        for section in given:
            config.settings(section, settings_of(section))
    return config


def _refuse_unread(assignments: Sequence[str], reads: Collection[str]) -> None:
    for assignment in assignments:
        section = find_section(assignment)
        if section not in reads:
            raise InputError(
                found=f"this command does not read [{section}]",
                where=f"--set {assignment}",
                expected=f"a setting of {' or '.join(f'[{name}]' for name in reads)}",
                advice="leave it out, or keep it in a file that serves all commands (--config)",
            )


def find_recipe(recipe: str) -> Path:
    """Find a recipe by its name among those that come with hpacells, without ``.toml``, or by its path."""
    shipped = Path(str(resources.files("configs").joinpath("recipes")))
    path = find_named(recipe, shipped, "recipe")
    if path.is_file():
        return path
    names = ", ".join(sorted(file.stem for file in shipped.glob("*.toml")))
    raise InputError(found="no such recipe", where=recipe, expected=f"a TOML file or one of {names}")


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return read_toml(path)
    except OSError as error:
        raise InputError(error.strerror or str(error), where=path, expected="a TOML file") from None
    except ValueError as error:
        raise InputError(found=f"not a TOML file ({error})", where=path, expected="a TOML file") from None
