"""Fields whose channels lie in folders of their own: ``red/``, ``plate1_red/``, ``red/plate1/``."""

import logging
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from data.fields.naming.channel_patterns import ChannelFile, find_channel
from data.text.readable_text import readable_line

log = logging.getLogger("hpacells")

Folders = tuple[str, ...]
Place = tuple[Folders, str]
"""The folders of a field, and its name in them."""

_LEAST_CHANNELS = 3
"""Folders of one channel each that are taken together although no folder is named after its channel."""

_WORD = re.compile(r"[^\W_]+")
_SEPARATORS = " _-.,()[]"
_NUMBERED_CHANNELS = ("c", "ch", "chan", "channel", "w", "wv", "wavelength", "cy", "alexa", "af", "stain")
"""What stands before a number that is a channel's, not a plate's."""

_PLATES = ("plate", "well", "day", "exp", "rep", "batch", "run", "slide", "dish", "sample", "donor", "set")
"""How names of folders begin that are no channels', whatever follows."""

_VISIBLE_NM = range(350, 851)
_APART_NM = 15
"""By which folders called 405, 488 and 561 are wavelengths, and 800, 801 and 802 plates."""


def find_places(found: Iterable[ChannelFile]) -> dict[Place, list[ChannelFile]]:
    """Return the files of each field, by the folders that it lies in and its name.

    Files in different folders are of one field only where each folder holds one channel, and its name, or
    that of a folder above it, is plainly the channel's; or where three or more folders side by side hold one
    channel each of the same fields, and are not numbered as plates are, which is logged.
    """
    by_folder: dict[Folders, list[ChannelFile]] = defaultdict(list)
    for file in found:
        by_folder[file.folders].append(file)
    joined = _join_named(by_folder)
    joined |= _join_siblings({folders: by_folder[folders] for folders in by_folder if folders not in joined})
    places: dict[Place, list[ChannelFile]] = defaultdict(list)
    for folders, files in by_folder.items():
        for file in files:
            places[joined.get(folders, folders), file.name].append(file)
    return places


def _join_named(by_folder: Mapping[Folders, Sequence[ChannelFile]]) -> dict[Folders, Folders]:
    """Return the folders that are named after their channel, without that name."""
    below: dict[Folders, set[str]] = defaultdict(set)
    for folders, files in by_folder.items():
        for depth in range(1, len(folders) + 1):
            below[folders[:depth]].update(file.channel for file in files)
    alike: dict[Folders, dict[Folders, str]] = defaultdict(dict)
    for folders, files in by_folder.items():
        channel = files[0].channel
        for depth in range(len(folders), 0, -1):
            rest = _without_channel(folders[depth - 1], channel)
            if rest is not None and below[folders[:depth]] == {channel}:
                location = (*folders[: depth - 1], *filter(None, [rest]), *folders[depth:])
                alike[location][folders] = channel
                break
    return {
        folders: location
        for location, channels in alike.items()
        if len(channels) > 1 and len(set(channels.values())) == len(channels)
        for folders in channels
    }


def _without_channel(folder: str, channel: str) -> str | None:
    """Return a folder's name without its channel; None where it has another one, several, or none."""
    if find_channel(folder) == channel:
        return ""
    words = [word for word in _WORD.finditer(folder) if len(word[0]) > 1 and find_channel(word[0])]
    if len(words) != 1 or find_channel(words[0][0]) != channel:
        return None
    before, after = folder[: words[0].start()], folder[words[0].end() :]
    return (before.rstrip(_SEPARATORS) + after).strip(_SEPARATORS)


def _join_siblings(by_folder: Mapping[Folders, Sequence[ChannelFile]]) -> dict[Folders, Folders]:
    """Return folders side by side that hold one channel each of the same fields, with the one above them."""
    siblings: dict[Folders, list[Folders]] = defaultdict(list)
    for folders, files in by_folder.items():
        if folders and len({file.channel for file in files}) == 1:
            siblings[folders[:-1]].append(folders)
    together = {parent: alike for parent, alike in siblings.items() if _are_channels(alike, by_folder)}
    for alike in together.values():
        channels = [f"{folders[-1]} ({by_folder[folders][0].channel})" for folders in alike]
        log.info("%s: taken together, as the channels of the same fields", readable_line(", ".join(channels)))
    return {folders: parent for parent, alike in together.items() for folders in alike}


def _are_channels(alike: Sequence[Folders], by_folder: Mapping[Folders, Sequence[ChannelFile]]) -> bool:
    channels = {by_folder[folders][0].channel for folders in alike}
    names = {frozenset(file.name for file in by_folder[folders]) for folders in alike}
    return (
        len(channels) == len(alike) >= _LEAST_CHANNELS
        and len(names) == 1
        and not _are_numbered([folders[-1] for folders in alike])
    )


def _are_numbered(names: Sequence[str]) -> bool:
    """Check whether folders are those of plates, wells or days: told apart by a number or one letter."""
    words = [re.sub(r"[\d\W_]+", "", name).casefold() for name in names]
    if len(set(words)) == 1 and (words[0] in _NUMBERED_CHANNELS or _are_wavelengths(names)):
        return False
    return len({re.sub(r"([ivx]+|.)$", "", word) for word in words}) == 1 or all(
        word.startswith(_PLATES) for word in words
    )


def _are_wavelengths(names: Sequence[str]) -> bool:
    numbers = sorted(int(name) for name in names if name.isdecimal())
    return (
        len(numbers) == len(names)
        and all(number in _VISIBLE_NM for number in numbers)
        and all(second - first >= _APART_NM for first, second in pairwise(numbers))
    )
