"""What happened to the user's masks on the way, told once with a count and an example."""

import threading
from collections import defaultdict

_Examples = defaultdict[str, list[str]]


class Notes:
    """Collects what is to be told of many files; safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._examples: _Examples = defaultdict(list)
        self._doubts: _Examples = defaultdict(list)

    def __reduce__(self) -> tuple[type["Notes"], tuple[()], tuple[_Examples, _Examples]]:
        # Notes come back from other processes, for which a lock has no meaning.
        return type(self), (), (self._examples, self._doubts)

    def __setstate__(self, noted: tuple[_Examples, _Examples]) -> None:
        self._examples, self._doubts = noted

    def add(self, what: str, example: str) -> None:
        """Note that something happened to one file."""
        with self._lock:
            self._examples[what].append(example)

    def doubt(self, what: str, example: str) -> None:
        """Note that the masks of one field may be wrong, of which the user is warned."""
        with self._lock:
            self._doubts[what].append(example)

    def take(self, others: "Notes") -> None:
        """Take over what others have noted."""
        with self._lock:
            for own, noted in ((self._examples, others._examples), (self._doubts, others._doubts)):
                for what, examples in noted.items():
                    own[what] += examples

    def doubts(self) -> list[str]:
        """Return one line for each thing that may be wrong, with the number of fields."""
        with self._lock:
            noted = {what: sorted(examples) for what, examples in sorted(self._doubts.items())}
        return [
            f"of {len(examples)} field{'s' if len(examples) > 1 else ''}, such as {examples[0]}, {what}"
            for what, examples in noted.items()
        ]

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
