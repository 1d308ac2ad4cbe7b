"""Which channel of a file is which stain: what the setting ``images.channels`` says, or their names."""

import re
from collections.abc import Sequence

from data.channels import CHANNELS
from data.errors import InputError

WHERE = "images.channels"

_STAIN_WORDS = {
    "red": ("microtubule", "microtubules", "tubulin"),
    "green": ("protein", "antibody", "gfp", "egfp", "poi"),
    "blue": ("dapi", "hoechst", "nucleus", "nuclei", "nuclear", "dna", "h33342", "h33258"),
    "yellow": ("er", "calreticulin", "reticulum"),
}
"""Words in the name of a channel that say which stain it is; no dyes, for any antibody may carry them."""

_OTHER_WORDS = ("no", "not", "without", "reflection", "autofluorescence")


def parse_container_channels(text: str) -> dict[str, str] | None:
    """Return the channel of a file that the setting ``images.channels`` names for each stain.

    A whole number is the number of a channel from 0, anything else its name; values with ``*`` are patterns
    of files' names, and left out here.

    Returns
    -------
    dict or None
        Stain -> number or name; empty where channels are known by their names alone (``auto``); None where
        the setting speaks of files alone.

    Raises
    ------
    InputError
        A stain is unknown or named twice, or has no channel.
    """
    text = text.strip()
    if text == "auto":
        return {}
    if "=" not in text:
        return None
    wanted: dict[str, str] = {}
    # A comma may be part of a channel's name.
    for entry in re.split(r",(?=[^,=]*=)", text):
        stain, _, channel = (part.strip() for part in entry.partition("="))
        if "*" in channel:
            continue
        if stain.lower() not in CHANNELS or not channel or stain.lower() in wanted:
            raise InputError(
                found=f"{entry.strip()!r}",
                where=WHERE,
                expected="each of red, green, blue, yellow at most once with the number of a channel from 0 "
                "or its name, such as blue=0,green=GFP",
            )
        wanted[stain.lower()] = channel
    return wanted or None


def choose_channels(names: Sequence[str], wanted: dict[str, str], where: object) -> dict[str, int]:
    """Return the number of the channel of each stain.

    Parameters
    ----------
    names
        Names of a file's channels, empty where they have none.
    wanted
        As ``parse_container_channels`` returns it; empty: by their names.
    where
        The file, for messages.

    Raises
    ------
    InputError
        A channel is not there, two stains have one channel, or the names do not say which stain is which.
    """
    if not wanted:
        return _recognise(names, where)
    chosen = {stain: _find(names, text, where) for stain, text in wanted.items()}
    for stain, number in chosen.items():
        twins = [other for other, same in chosen.items() if same == number and other != stain]
        if twins:
            raise InputError(
                found=f"channel {list_names(names)[number]} is both {stain} and {twins[0]}",
                where=where,
                expected="a channel of its own for each stain",
                advice=f"correct {WHERE} or --channels",
            )
    return chosen


def list_names(names: Sequence[str]) -> list[str]:
    """Return numbers and names of channels as messages show them."""
    return [f"{number} ({name})" if name else str(number) for number, name in enumerate(names)]


def recognise_stain(name: str) -> str | None:
    """Return the stain of which the name of a channel speaks; None where it is none, or not clear which."""
    lowered = name.strip().lower()
    # A colour is a stain only where it is the whole name: far red is no microtubules.
    if lowered in CHANNELS:
        return lowered
    words = set(re.findall(r"[a-z0-9]+", lowered))
    if words & set(_OTHER_WORDS):
        return None
    found = [stain for stain, known in _STAIN_WORDS.items() if words & set(known)]
    return found[0] if len(found) == 1 else None


def _find(names: Sequence[str], text: str, where: object) -> int:
    """Return the number of the channel that a setting names."""
    by_name = [number for number, name in enumerate(names) if name.lower() == text.lower()]
    by_number = [int(text)] if text.isdecimal() and int(text) < len(names) else []
    found = set(by_name) | set(by_number)
    if len(found) == 1:
        return found.pop()
    if len(found) > 1 and by_number and by_name:
        what = f"channel number {text} and another one of the name {text}"
        advice = "give the channels other names, or choose all by other numbers"
    else:
        what = f"{len(found) or 'no'} channel{'s' if len(found) > 1 else ''} {text}"
        advice = f"choose by a number, from 0, or a name with {WHERE} or --channels"
    raise InputError(
        found=what, where=where, expected=f"one of the channels {', '.join(list_names(names))}", advice=advice
    )


def _recognise(names: Sequence[str], where: object) -> dict[str, int]:
    stains = [recognise_stain(name) for name in names]
    chosen = {stain: number for number, stain in enumerate(stains) if stain is not None}
    is_clear = len(chosen) == sum(stain is not None for stain in stains)
    is_whole = len(chosen) == len(CHANNELS) or (bool(chosen) and None not in stains)
    if is_clear and is_whole:
        return {stain: chosen[stain] for stain in CHANNELS if stain in chosen}
    guess = {stain: list_names(names)[number].partition(" ")[0] for stain, number in chosen.items()}
    known = guess if is_clear else {}
    example = ",".join(f"{stain}={known.get(stain, '?')}" for stain in CHANNELS)
    raise InputError(
        found=f"channels {', '.join(list_names(names))}, whose names do not say which stain each is",
        where=where,
        expected="names such as DAPI, tubulin, calreticulin and protein, or a choice by hand",
        advice=f"say it with --channels {example} and a channel's number (from 0) or name for each ?; red is "
        "microtubules, green the protein, blue the nucleus, yellow the ER; leave out what is not there",
    )
