"""Settings under their old names: taken for one version more, each with a warning that says the new one."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from data.renamed_settings import OldName, find_new_name, inner_types, rename_settings
from pipeline.config.sections import SECTIONS, settings_of

MOVED = {"crops.full_scale": "images.full_scale", "explore.full_scale": "images.full_scale"}
"""Old name -> new name of settings that were in another section."""

log = logging.getLogger("hpacells")


def take_old_names(sections: Mapping[str, Any], source: Path | str) -> dict[str, Any]:
    """Return the sections of a source with the new names of their settings, and warn of each old one.

    Sections that are not known stay as they are; they are refused elsewhere.
    """
    sections = _move(sections, str(source))
    renamed = {}
    for section, values in sections.items():
        types = [settings_of(section)] if section in SECTIONS else []
        renamed[section], found = rename_settings(values, types, (section,))
        for name in dict.fromkeys(found):
            _warn(name, str(source))
    return renamed


def take_old_name(assignment: str) -> str:
    """Return an assignment ``section.name=value`` with the new name, and warn of an old one."""
    name, separator, value = assignment.partition("=")
    moved = MOVED.get(name.strip())
    if moved:
        _warn(OldName(name.strip(), moved), f"--set {assignment}")
        return f"{moved}{separator}{value}"
    section, *path = name.strip().split(".")
    if section not in SECTIONS:
        return assignment
    types, places, text = [settings_of(section)], [section], value.strip()
    for part in path:
        new, convert = find_new_name(types, part)
        if new != part and len(places) == len(path):
            # Values that change with the name are flags, written as in TOML.
            text = str(convert({"true": True, "false": False}.get(text, text)))
        places.append(new)
        types = inner_types(types, new)
    new_name = ".".join(places)
    if new_name == name.strip():
        return assignment
    _warn(OldName(name.strip(), new_name), f"--set {assignment}")
    return f"{new_name}{separator}{text}"


def _move(sections: Mapping[str, Any], source: str) -> dict[str, Any]:
    """Move settings to the section that they are in now; one that is there already is kept."""
    moved = dict(sections)
    for old, new in MOVED.items():
        section, name = old.split(".")
        values = moved.get(section)
        if isinstance(values, Mapping) and name in values:
            moved[section] = {key: value for key, value in values.items() if key != name}
            section, new_name = new.split(".")
            moved[section] = {new_name: values[name], **moved.get(section, {})}
            _warn(OldName(old, new), source)
    return moved


def _warn(name: OldName, where: str) -> None:
    log.warning("%s: %s is called %s now; the old name works in this version only", where, name.old, name.new)
