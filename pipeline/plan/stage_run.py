"""What one run of the stages took."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stages.stage import Failure


@dataclass(frozen=True)
class StageRun:
    """One stage of a run.

    Attributes
    ----------
    stage
        Its name.
    seconds
        Time, as the stage's manifest has it.
    memory_bytes
        Peak of resident memory while it ran.
    disk_bytes
        What it added to the work folder, in blocks of 4 KiB.
    counts, failures, details, settings
        As in its manifest.
    """

    stage: str
    seconds: float
    memory_bytes: int
    disk_bytes: int
    counts: Mapping[str, float]
    failures: tuple[Failure, ...]
    details: Mapping[str, Any]
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class MeasuredRun:
    """A run of all stages, or of some, over some fields.

    Attributes
    ----------
    stages
        What each took, in order.
    seconds
        From the start of the process to its end.
    cells
        Image ID -> number of its cells, of those fields that were segmented.
    """

    stages: tuple[StageRun, ...]
    seconds: float
    cells: Mapping[str, int]

    @property
    def start_up(self) -> float:
        """Seconds outside the stages: the start of Python, and what is checked between them."""
        return self.seconds - sum(stage.seconds for stage in self.stages)

    def find(self, name: str) -> StageRun | None:
        """Return the stage of a name; None where it was not run."""
        return next((stage for stage in self.stages if stage.stage == name), None)
