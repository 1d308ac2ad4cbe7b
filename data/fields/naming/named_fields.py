"""The fields of files that were found by their names: which files belong together, and their IDs."""

import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from data.channels import CHANNELS
from data.errors import InputError
from data.fields.field import Field
from data.fields.naming.channel_folders import Place, find_places
from data.fields.naming.channel_patterns import ChannelFile
from data.fields.naming.field_ids import hash_name, safe_id
from data.fields.naming.file_slices import choose_slices
from data.fields.naming.folder_listing import Kind, ListedFile
from data.text.readable_text import readable_line

log = logging.getLogger("hpacells")


def name_fields(found: Iterable[ChannelFile], z: str = "") -> list[Field]:
    """Return the fields of some files, each with an ID of its own.

    Files of one name in one folder are one field; ``find_places`` says when those in several are. A field is
    named as in its files' names; where a name is there several times, with its folders before it. Slices in
    files of their own are one field, and which of them is read is chosen by ``z``.

    Fields whose IDs would be alike, or could not be stored, have a fault, and so have stacks of which no
    slice is chosen. Folders that seem to hold parts of one field are told.
    """
    places, stacks = choose_slices(find_places(found), z)
    names = Counter(name.casefold() for _, name in places)
    fields: dict[Place, Field] = {}
    taken: dict[str, Place] = {}
    ids = {
        place: (*place[0], place[1]) if names[place[1].casefold()] > 1 else (place[1],) for place in places
    }
    # Names that are there once come first, since no folder can be put before them.
    for place, parts in sorted(ids.items(), key=lambda item: len(item[1]) > 1):
        files = places[place]
        image_id, fault, other = _own_id(parts, place, taken)
        taken[image_id.casefold()] = place
        field = _make_field(image_id, files)
        fields[place] = replace(field, fault=field.fault or stacks.get(place) or fault)
        if other is not None and fields[other].fault is None:
            fields[other] = replace(fields[other], fault=fault)
    _tell_parts(fields)
    return list(fields.values())


def _own_id(
    parts: Sequence[str], place: Place, taken: Mapping[str, Place]
) -> tuple[str, InputError | None, Place | None]:
    """Return an ID that no other field has, why it is not that of the name, and which field has that."""
    where = _write(place)
    for separator in ("_", "--"):
        image_id, fault = safe_id(separator.join(parts), where)
        if image_id.casefold() not in taken:
            return image_id, fault, None
    other = taken[image_id.casefold()]
    fault = InputError(
        found=f"two fields of the name {image_id}",
        where=f"{_write(other)} and {where}",
        expected="a name of its own for each field",
        advice="rename the files of one of them",
    )
    return f"{image_id}-{hash_name(where)}", fault, other


def _tell_parts(fields: Mapping[Place, Field]) -> None:
    """Warn of fields of one name of which each has channels that the other lacks."""
    by_name: dict[str, list[Place]] = defaultdict(list)
    for place in fields:
        by_name[place[1].casefold()].append(place)
    parts = []
    for places in by_name.values():
        for first, second in pairwise(places):
            if fields[first].files.keys().isdisjoint(fields[second].files):
                parts.append((first, second))
                break
    if parts:
        first, second = parts[0]
        log.warning(
            "%d name%s in several folders with different channels, such as %s (%s) and %s (%s): each is a "
            "field of its own; if they are one, name the folders after their channels, or give --channels "
            "'%s=FOLDER/*_%s,...'",
            len(parts),
            "s are" if len(parts) > 1 else " is",
            _write(first),
            _channels(fields[first]),
            _write(second),
            _channels(fields[second]),
            *[next(iter(fields[first].files))] * 2,
        )


def _channels(field: Field) -> str:
    return ", ".join(channel for channel in CHANNELS if channel in field.files)


def _write(place: Place) -> str:
    return readable_line("/".join((*place[0], place[1])))


def _make_field(image_id: str, found: Sequence[ChannelFile]) -> Field:
    files, duplicates = dict[str, Path](), dict[str, Path]()
    fault = None
    for file in found:
        taken = duplicates if file.channel in files else files
        taken[file.channel] = file.file.path
        fault = fault or _find_fault(file.file)
    return Field(image_id, files, duplicates, fault=fault)


def _find_fault(file: ListedFile) -> InputError | None:
    if file.kind is Kind.FILE:
        return None
    advice = {
        Kind.DANGLING: "fetch the file (`git annex get`, `dvc pull`), mount its disk, or remove the link",
        Kind.FOLDER: "rename the folder",
        Kind.SPECIAL: "rename or remove it",
    }[file.kind]
    return InputError(
        found=file.kind.value, where=readable_line(str(file.path)), expected="an image file", advice=advice
    )
