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
    fields: Iterable[Field],
    setting: Collection[str] | Literal["auto"] = "auto",
    *,
    needs_nuclei: bool = True,
) -> tuple[str, ...]:
    """Choose the channels of the fields that are used.

    Parameters
    ----------
    fields
        All fields of the folder.
    setting
        The channels to use; auto for all that any field has.
    needs_nuclei
        Whether cells are found by their nuclei.

    Raises
    ------
    InputError
        The channel of the nuclei is needed and not among them, or no field has one that the setting names.
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
    if needs_nuclei and NUCLEI not in chosen:
        where = "the folder of the images" if setting == "auto" else "setting segment.channels"
        raise InputError(
            found=f"no {name_channels([NUCLEI])} channel (found {', '.join(present) or 'none'})",
            where=where,
            expected="a channel that shows the nuclei, without which no cell is found",
            advice="check the names of the files (<ID>_blue) and which channels they are taken for",
        )
    return chosen


def check_protein_and_nuclei(channels: Collection[str]) -> None:
    """Refuse channels without which no cell can be classified.

    Raises
    ------
    InputError
        Green or blue is not among them.
    """
    missing = [channel for channel in ("green", NUCLEI) if channel not in channels]
    if missing:
        raise InputError(
            found=f"no {name_channels(missing, 'or')} channel (found {', '.join(channels)})",
            where="the fields",
            expected="protein and nucleus, without which cells can be segmented but not cut and classified",
            advice="check the names of the files and which channels they are taken for",
        )


def name_channels(channels: Iterable[str], joined_by: str = "and") -> str:
    """Name channels with their stains: ``red (microtubules) and yellow (ER)``."""
    return f" {joined_by} ".join(f"{channel} ({STAINS[channel]})" for channel in channels)
