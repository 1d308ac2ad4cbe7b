"""What happened to the user's masks on the way, told once with a count and an example."""

import threading
from collections import defaultdict


class Notes:
    """Collects what is to be told of many files; safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._examples: defaultdict[str, list[str]] = defaultdict(list)

    def __reduce__(self) -> tuple[type["Notes"], tuple[()], dict[str, list[str]]]:
        # Notes come back from other processes, for which a lock has no meaning.
        return type(self), (), dict(self._examples)

    def __setstate__(self, examples: dict[str, list[str]]) -> None:
        self._examples.update(examples)

    def add(self, what: str, example: str) -> None:
        """Note that something happened to one file."""
        with self._lock:
            self._examples[what].append(example)

    def take(self, others: "Notes") -> None:
        """Take over what others have noted."""
        with self._lock:
            for what, examples in others._examples.items():
                self._examples[what] += examples

    def lines(self) -> list[str]:
        """Return one line for each thing that happened."""
        with self._lock:
            noted = {what: sorted(examples) for what, examples in sorted(self._examples.items())}
        return [
            f"{what}: {examples[0]}"
            if len(examples) == 1
            else f"{what}: {len(examples)} masks, such as {examples[0]}"
            for what, examples in noted.items()
        ]
