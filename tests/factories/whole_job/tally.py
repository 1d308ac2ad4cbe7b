"""What became of many faults of one kind, kept for the table in the documentation."""

import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pytest

RESULTS = "HPACELLS_FAULT_RESULTS"
"""Environment variable: file to which each tally is added, one JSON line each."""


def is_done(fault: str, what: str) -> bool:
    """Check whether the file of figures has the tally of a fault already, as where a run goes on."""
    path = Path(os.environ.get(RESULTS) or os.devnull)
    lines = path.read_text().splitlines() if path.exists() else []
    return any((told["fault"], told["what"]) == (fault, what) for told in map(json.loads, lines))


def begin_tally(fault: str, what: str) -> "Tally":
    """Begin to count, or skip the test where that was done before."""
    if is_done(fault, what):
        pytest.skip("done before: its figures are kept")
    return Tally(fault, what)


@dataclass
class Tally:
    """Count what became of the faults.

    Attributes
    ----------
    fault, what
        The kind of fault, and the stage or the kind of file that it struck.
    right
        How often the next command gave the results of an undisturbed run.
    mended
        How often it named the command that mended the damage, in one line.
    wrong
        What else happened, one text each.
    """

    fault: str
    what: str
    right: int = 0
    mended: int = 0
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, case: str, attempt: Callable[[], list[str]]) -> None:
        """Make one attempt, which returns the commands that were named, and raises where it ends badly."""
        started = time.perf_counter()
        try:
            named = attempt()
        except Exception as error:
            self.wrong.append(f"{case}: {_first_lines(error)}")
        except BaseException as error:
            # Failures of pytest, but neither Ctrl-C nor the end of its patience.
            if isinstance(error, KeyboardInterrupt | SystemExit) or "Timeout" in str(error):
                raise
            self.wrong.append(f"{case}: {_first_lines(error)}")
        else:
            self.mended += bool(named)
            self.right += not named
        self.seconds += time.perf_counter() - started

    def close(self) -> None:
        """Keep the figures where the environment asks for them, and fail where anything ended badly."""
        path = os.environ.get(RESULTS)
        if path:
            with Path(path).open("a") as file:
                file.write(json.dumps(asdict(self)) + "\n")
        tries = self.right + self.mended + len(self.wrong)
        assert not self.wrong, f"{len(self.wrong)} of {tries}:\n" + "\n".join(self.wrong)


def _first_lines(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:700]
