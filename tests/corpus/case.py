"""One case of the corpus: an input that is damaged or odd, its command, and what has to happen."""

import os
import resource
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from data.file_hash import hash_file
from tests.corpus.stock import Stock
from tests.factories.command_line import finish_command

ERROR = "hpacells: error: "
_MOST_KIB = 600_000
"""By which a case may raise the peak of this process; libraries that it loads take half of it."""


@dataclass(frozen=True)
class Place:
    """Where a case happens.

    Attributes
    ----------
    inputs
        Folder of what the user has; no command may change anything in it.
    work
        Folder of the results.
    stock
        Good inputs to spoil.
    """

    inputs: Path
    work: Path
    stock: Stock


@dataclass(frozen=True)
class Outcome:
    """How a command ended: its exit status, its output, and the lines of its messages."""

    status: int
    output: str
    messages: list[str]

    @property
    def errors(self) -> list[str]:
        """The messages that are errors."""
        return [line for line in self.messages if line.startswith(ERROR)]


def _nothing(_: Place, __: Outcome) -> None: ...


@dataclass(frozen=True)
class Case:
    """A damaged or odd input and what has to come of it.

    Attributes
    ----------
    name
        What is odd.
    write
        Writes the input.
    arguments
        Of the command that reads it.
    told
        Pattern of the line that refuses it; empty where the result has to be right.
    check
        Checks the results: all of them, or what has to be there of the others where one input is refused.
    causes
        Number of inputs that are refused, each with a line.
    """

    name: str
    write: Callable[[Place], object]
    arguments: Callable[[Place], Sequence[object]]
    told: str = ""
    check: Callable[[Place, Outcome], object] = field(default=_nothing)
    causes: int = 1


def run(case: Case, place: Place) -> Outcome:
    """Write the input of a case, run its command in this process, and check what holds for every case."""
    case.write(place)
    arguments = list(map(str, case.arguments(place)))
    before, memory = _list_tree(place.inputs), _peak_kib()
    outcome = run_command(arguments)
    assert _peak_kib() - memory < _MOST_KIB, "far more memory than such small inputs take"
    assert _list_tree(place.inputs) == before, "the command changed its inputs"
    found = {path.name for path in place.inputs.parent.iterdir()}
    assert found <= {"inputs", "work", "temporary"}, f"written outside the work folder: {found}"
    told = "\n".join(outcome.messages)
    assert "Traceback" not in told
    if not case.told:
        assert outcome.status == 0, told
        assert outcome.errors == []
    else:
        assert outcome.status == 2, told or outcome.output
        assert len(outcome.errors) == case.causes, told
    return outcome


def run_command(arguments: Sequence[str]) -> Outcome:
    """Run the command line in this process."""
    done = finish_command(["hpacells", *arguments])
    return Outcome(done.returncode, done.stdout, done.stderr.splitlines())


def _peak_kib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _list_tree(folder: Path) -> dict[bytes, object]:
    """List everything in a folder with what would show that it was changed."""
    found: dict[bytes, object] = {}
    for parent, folders, files in os.walk(os.fsencode(folder)):
        for name in (*folders, *files):
            path = Path(os.fsdecode(parent)) / os.fsdecode(name)
            status = path.lstat()
            regular = path.is_file() and not path.is_symlink()
            content = hash_file(path) if regular and os.access(path, os.R_OK) else None
            found[os.fsencode(path)] = (status.st_mode, status.st_size, status.st_mtime_ns, content)
    return found
