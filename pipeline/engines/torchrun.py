"""Several processes of one command, as torchrun starts them."""

import os

from data.errors import InputError

SHARED = "train"
"""The command whose work several processes share."""


def is_follower() -> bool:
    """Return whether this process leaves messages, manifests and progress to the first one."""
    return int(os.environ.get("RANK", "0")) > 0


def count_processes() -> int:
    """Count the processes that share this command: 1 where torchrun started none."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def refuse_several(command: str) -> None:
    """Refuse a command that each of several processes would do as a whole, over the files of the others.

    Raises
    ------
    InputError
        There are several processes, and the command is not the one that they share.
    """
    count = count_processes()
    if count > 1 and command != SHARED:
        advice = "start it without torchrun"
        if command == "run":
            advice = (
                "type `hpacells segment` and `hpacells crops` without torchrun, `hpacells train` with it, "
                "then `hpacells run` without it, which goes on from there"
            )
        raise InputError(
            found=f"{count} processes",
            where=f"hpacells {command}",
            expected=f"one: several share the work of `hpacells {SHARED}` alone",
            advice=advice,
        )
