"""What failed, in few lines: a fault that hits many fields is told once, with their number and an example."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from stages.stage import Failure

SHOWN = 3
"""Failures of one kind that are told one by one, and names that are given of more."""


def summarise_failures(failures: Iterable[Failure], manifest: object) -> Iterator[str]:
    """Yield one line per failure, or one for all of a kind where there are many.

    Parameters
    ----------
    failures
        What failed, in order.
    manifest
        Where all of them are listed.
    """
    kinds: dict[str, list[Failure]] = defaultdict(list)
    for failure in failures:
        kinds[_kind_of(failure)].append(failure)
    for alike in kinds.values():
        if len(alike) <= SHOWN:
            yield from (f"{failure.where}: {failure.why}" for failure in alike)
        else:
            names = ", ".join(failure.where for failure in alike[1 : SHOWN + 1])
            yield (
                f"{len(alike)} alike, such as {alike[0].where}: {alike[0].why}; likewise {names}"
                f"{' ...' if len(alike) > SHOWN + 1 else ''} (all are listed in {manifest})"
            )


def _kind_of(failure: Failure) -> str:
    """Return the reason without what is a failure's own: its name, the paths around it, and numbers."""
    name = rf"(?<![A-Za-z0-9]){re.escape(failure.where)}(?![A-Za-z0-9])"
    without_name = re.sub(rf"\S*{name}\S*", "*", failure.why)
    return re.sub(r"\d+", "0", without_name)
