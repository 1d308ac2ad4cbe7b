"""Which channels the fields of a folder have."""

from collections.abc import Collection, Iterable
from typing import Literal

from data.channels import CHANNELS, STAINS
from data.errors import InputError
from data.fields.field import Field

NUCLEI = "blue"
"""The channel without which no cell is found."""


def find_channels(fields: Iterable[Field]) -> tuple[str, ...]:
    """Find the channels of which any of the fields has a file, in the usual order.

    A channel that only some of the fields lack is a fault of these; one that all lack is not.
    """
    found = {channel for field in fields for channel in field.files}
    return tuple(channel for channel in CHANNELS if channel in found)


def choose_channels(
    fields: Iterable[Field], setting: Collection[str] | Literal["auto"] = "auto"
) -> tuple[str, ...]:
    """Choose the channels of the fields that are used.

    Parameters
    ----------
    fields
        All fields of the folder.
    setting
        The channels to use; auto for all that any field has.

    Raises
    ------
    InputError
        The channel of the nuclei is not among them, or no field has one that the setting names.
    """
    present = find_channels(fields)
    chosen = present if setting == "auto" else tuple(channel for channel in CHANNELS if channel in setting)
    absent = [channel for channel in chosen if channel not in present]
    if absent:
        raise InputError(
            found=f"no field has a {name_channels(absent)} channel (found {', '.join(present)})",
            where="setting segment.channels",
            expected="channels that the fields have",
            advice="leave it out of the setting, or check the names of the files",
        )
    if NUCLEI not in chosen:
        where = "the folder of the images" if setting == "auto" else "setting segment.channels"
        raise InputError(
            found=f"no {name_channels([NUCLEI])} channel (found {', '.join(present) or 'none'})",
            where=where,
            expected="a channel that shows the nuclei, without which no cell is found",
            advice="check the names of the files (<ID>_blue) and which channels they are taken for",
        )
    return chosen


def check_protein(channels: Collection[str]) -> None:
    """Refuse channels without the protein's.

    Raises
    ------
    InputError
        Green is not among them.
    """
    if "green" not in channels:
        raise InputError(
            found=f"no {name_channels(['green'])} channel (found {', '.join(channels)})",
            where="the folder of the images",
            expected="the protein, whose pattern is to be classified; without it cells can only be segmented",
            advice="check the names of the files (<ID>_green) and which channels they are taken for",
        )


def name_channels(channels: Iterable[str]) -> str:
    """Name channels with their stains: ``red (microtubules) and yellow (ER)``."""
    return " and ".join(f"{channel} ({STAINS[channel]})" for channel in channels)
