"""What is known of how a stage made its results."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any


@dataclass(frozen=True)
class Source:
    """Something that a stage used, besides the results of earlier stages.

    Attributes
    ----------
    role
        What it is to the stage: ``images``, ``classifier``, ``labels`` ...
    path
        Where it was, as recorded; empty where only its hash was recorded.
    sha256
        Of a file's content, as recorded; empty where none was.
    fingerprint
        Any other text or hash by which the stage knows it again; empty where it is known by ``sha256``.
    note
        What is to be said of it today, such as that it is gone; empty if nothing.
    """

    role: str
    path: str = ""
    sha256: str = ""
    fingerprint: str = ""
    note: str = ""


@dataclass(frozen=True)
class StageRecord:
    """How a stage made its results.

    Attributes
    ----------
    stage
        Its name.
    finished, seconds
        When it ended (ISO 8601), and how long its last run took.
    settings
        Its settings, JSON values.
    versions
        Library -> version, Python, hpacells and the platform among them.
    earlier
        The stages whose results it used.
    sources
        What else it used.
    results
        Paths of what it wrote.
    facts
        Further facts for people: name -> text.
    counts
        What it counted.
    failures
        What failed in it, by name, and why.
    remarks
        What no longer fits, such as a result that was changed since.
    """

    stage: str
    finished: str
    seconds: float
    settings: Mapping[str, Any]
    versions: Mapping[str, str]
    earlier: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    results: tuple[str, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    counts: Mapping[str, float] = field(default_factory=dict)
    failures: Mapping[str, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    @property
    def started(self) -> str:
        """When its last run began (ISO 8601); empty where its end is no time."""
        try:
            ended = datetime.fromisoformat(self.finished)
            return (ended - timedelta(seconds=self.seconds)).isoformat(timespec="seconds")
        except (ValueError, OverflowError):
            return ""


@dataclass(frozen=True)
class CellRecord:
    """What is known of one cell.

    Attributes
    ----------
    image_id, cell_id
        The field, and the cell's number in its label image.
    files
        Channel -> image file, as found today; empty where the images are gone.
    pixel_size_um
        With which its field was segmented; None where that is not known.
    versions
        Library -> version, with which its field was segmented.
    dropped
        Why it was left out; empty if it was kept.
    probabilities
        Class -> probability; empty where it was not predicted.
    called
        The classes that were called.
    remarks
        What could not be found out, and why.
    """

    image_id: str
    cell_id: int
    files: Mapping[str, str] = field(default_factory=dict)
    pixel_size_um: float | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    dropped: str = ""
    probabilities: Mapping[str, float] = field(default_factory=dict)
    called: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Provenance:
    """What made the results of a work folder.

    Attributes
    ----------
    work
        The folder.
    stages
        The stages that are finished, in the order in which they depend on each other.
    damaged
        Manifests that cannot be read.
    cell
        One cell, where it was asked for.
    """

    work: str
    stages: tuple[StageRecord, ...]
    damaged: tuple[str, ...] = ()
    cell: CellRecord | None = None
