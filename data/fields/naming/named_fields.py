"""The fields of files that were found by their names: which files belong together, and their IDs."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from data.errors import InputError
from data.fields.field import Field
from data.fields.naming.channel_patterns import ChannelFile, find_channel
from data.fields.naming.folder_listing import Kind, ListedFile
from data.readable_text import readable, readable_line

_Folders = tuple[str, ...]
_Place = tuple[_Folders, str]

_LEAST_CHANNELS = 3
"""Folders of one channel each that are taken together although no folder is named after its channel."""


def name_fields(found: Iterable[ChannelFile]) -> list[Field]:
    """Return the fields of some files, each with an ID of its own.

    Files of one name in one folder are one field. Those in several folders are one field only where each of
    these folders holds one channel: folders named after their channels, or three or more with files of the
    same names. A field is named as in its files' names; where a name is there several times, with its folders
    before it.

    Raises
    ------
    InputError
        Two fields would have one ID.
    """
    places = _join_channel_folders(found)
    names = Counter(name.casefold() for _, name in places)
    fields, taken = [], dict[str, _Place]()
    for (folders, name), files in places.items():
        parts = (*folders, name) if names[name.casefold()] > 1 else (name,)
        image_id = _own_id(parts, taken)
        taken[image_id.casefold()] = folders, name
        fields.append(_make_field(image_id, files))
    return fields


def _join_channel_folders(found: Iterable[ChannelFile]) -> dict[_Place, list[ChannelFile]]:
    """Put the files of each field together, by folder and name."""
    by_folder: dict[_Folders, list[ChannelFile]] = defaultdict(list)
    for file in found:
        by_folder[file.folders].append(file)
    siblings: dict[_Folders, list[_Folders]] = defaultdict(list)
    for folders, files in by_folder.items():
        if folders and len({file.channel for file in files}) == 1:
            siblings[folders[:-1]].append(folders)
    joined = {
        folders: parent
        for parent, alike in siblings.items()
        if _are_one(alike, by_folder)
        for folders in alike
    }
    places: dict[_Place, list[ChannelFile]] = defaultdict(list)
    for folders, files in by_folder.items():
        for file in files:
            places[joined.get(folders, folders), file.name].append(file)
    return places


def _are_one(alike: Sequence[_Folders], by_folder: dict[_Folders, list[ChannelFile]]) -> bool:
    """Check whether sibling folders of one channel each hold the channels of the same fields."""
    channels = [by_folder[folders][0].channel for folders in alike]
    if len(alike) < 2 or len(set(channels)) < len(channels):
        return False
    if all(find_channel(folders[-1]) == channel for folders, channel in zip(alike, channels, strict=True)):
        return True
    names = {frozenset(file.name for file in by_folder[folders]) for folders in alike}
    return len(alike) >= _LEAST_CHANNELS and len(names) == 1


def _own_id(parts: Sequence[str], taken: dict[str, _Place]) -> str:
    for separator in ("_", "--"):
        image_id = readable_line(separator.join(parts))
        if image_id.casefold() not in taken:
            return image_id
    folders, name = taken[image_id.casefold()]
    raise InputError(
        found=f"two fields of the name {image_id}",
        where=readable(f"{'/'.join((*folders, name))} and {'/'.join(parts)}"),
        expected="a name of its own for each field",
        advice="rename the files of one of them",
    )


def _make_field(image_id: str, found: Sequence[ChannelFile]) -> Field:
    field = Field(image_id, {})
    fault = None
    for file in found:
        taken = field.duplicates if file.channel in field.files else field.files
        taken[file.channel] = file.file.path
        fault = fault or _find_fault(file.file)
    return field if fault is None else Field(image_id, field.files, field.duplicates, fault=fault)


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
