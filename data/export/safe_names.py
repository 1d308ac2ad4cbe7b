"""Names of ASCII letters, digits, ``_``, ``.`` and ``-``, for programs that allow no others."""

import re
from collections.abc import Sequence

_OTHER = re.compile(r"[^A-Za-z0-9_.-]")


def name_safely(names: Sequence[str]) -> dict[str, str]:
    """Return a safe name for each name, none of which differ in small and capital letters only.

    Names that are safe are kept. In others ``_`` takes the place of what is not allowed; one that is taken
    already gets a number. None begins with ``_`` or ``.``.

    Parameters
    ----------
    names
        Each once.
    """
    safe: dict[str, str] = {}
    taken: set[str] = set()
    wanted = {name: _replace(name) for name in names}
    # Those that are safe come first, so that no other takes their names.
    for name in names:
        if wanted[name] == name and name.casefold() not in taken:
            taken.add(name.casefold())
            safe[name] = name
    for name in names:
        if name in safe:
            continue
        chosen, number = wanted[name], 1
        while chosen.casefold() in taken:
            number += 1
            chosen = f"{wanted[name]}-{number}"
        taken.add(chosen.casefold())
        safe[name] = chosen
    return {name: safe[name] for name in names}


def _replace(name: str) -> str:
    replaced = _OTHER.sub("_", name)
    return replaced if replaced and replaced[0] not in "_." else f"x{replaced}"
