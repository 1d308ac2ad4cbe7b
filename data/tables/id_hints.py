"""Why the IDs of two tables do not agree: an ending, a folder, a channel, letter case, blanks or zeros."""

import re
from collections.abc import Callable, Iterable
from itertools import combinations

from data.channels import CHANNELS

_ENDING = re.compile(r"\.(ome\.)?(png|tiff?|jpe?g|csv|npy|npz|zarr)(\.gz)?$", re.IGNORECASE)
_CHANNEL = re.compile(rf"_({'|'.join(CHANNELS)})$", re.IGNORECASE)

_LEADING_ZEROS = re.compile(r"(?<![0-9.])0+(?=[0-9])")
_WHOLE_NUMBER = re.compile(r"^([0-9]+)[.,]0+$")
"""Of 007 spreadsheets leave 7, and other programs make 7.0 of it."""

_CHANGES: dict[str, Callable[[str], str]] = {
    "blanks around them": str.strip,
    "the folder before them": lambda name: re.split(r"[/\\]", name)[-1],
    "the ending of a file": lambda name: _ENDING.sub("", name),
    "the channel after them": lambda name: _CHANNEL.sub("", name),
    "letter case": str.casefold,
    "how numbers are written": lambda name: _LEADING_ZEROS.sub("", _WHOLE_NUMBER.sub(r"\1", name)),
}
"""What is left out of IDs -> how, in the order in which it is done."""


def explain_ids(given: Iterable[str], known: Iterable[str]) -> str:
    """Explain how IDs that are not known differ from those that are.

    Returns
    -------
    str
        A clause such as ``"2 of them differ by the ending of a file alone: 'a.png' for 'a'"``; empty where
        nothing of the kind explains them.
    """
    known = set(known)
    unknown = sorted(set(given) - known)
    if not unknown or not known:
        return ""
    for count in range(1, len(_CHANGES) + 1):
        for names in combinations(_CHANGES, count):
            by_form = {_change(name, names): name for name in sorted(known, reverse=True)}
            alike = [(name, by_form[form]) for name in unknown if (form := _change(name, names)) in by_form]
            if alike:
                given_name, known_name = alike[0]
                return (
                    f"{len(alike)} of them differ by {' and '.join(names)} alone: "
                    f"{given_name!r} for {known_name!r}"
                )
    return ""


def _change(name: str, changes: Iterable[str]) -> str:
    for change in changes:
        name = _CHANGES[change](name)
    return name
