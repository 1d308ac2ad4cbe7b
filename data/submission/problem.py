"""Problems of a submission: what is wrong, on which line and in which triple."""

from collections import Counter
from dataclasses import dataclass, field

from data.errors import InputError

KINDS = {
    "table": "the file cannot be read on from here",
    "header": "columns are missing, repeated or unknown",
    "fields": "a row has more or fewer fields than the header",
    "id": "an ID is empty, or differs from one of the sample by blanks, an ending or letter case",
    "unknown": "the sample lacks this image",
    "missing": "the sample has this image, the file lacks it",
    "repeated": "an image has a second row",
    "size": "a width or height is no whole number of px, or not the sample's",
    "exchanged": "width and height are those of the sample, exchanged",
    "triples": "the tokens are no whole number of triples",
    "label": "no class number of the label set",
    "confidence": "no number from 0 to 1",
    "base64": "the mask is not base64",
    "zlib": "the mask is not zlib-compressed, or unpacks to more than a mask",
    "rle": "the mask holds no COCO run lengths",
    "sum": "the run lengths do not add up to width x height",
    "bomb": "the masks unpack to far more than cells do",
    "empty": "the mask has no pixel",
    "duplicate": "a class and mask that an earlier triple has, or an earlier mask in other characters",
    "overlap": "the mask shares pixels with an earlier one",
    "transposed": "the mask looks row-major: rows and columns are exchanged",
}
"""Kinds of problems, in the order in which they are looked for -> what each means."""

MAX_LISTED = 10_000
"""Problems that are listed one by one; more are counted."""


@dataclass(frozen=True)
class Problem:
    """One problem.

    Attributes
    ----------
    kind
        One of ``KINDS``.
    line
        Line of the file, from 1; None where it is of the file as a whole.
    image_id
        The image; empty where it is not known.
    triple
        Number of the triple in its row, from 1; None where it is of the row as a whole.
    found, expected
        What was found, and what was expected in its place.
    """

    kind: str
    line: int | None
    image_id: str
    triple: int | None
    found: str
    expected: str


@dataclass
class Problems:
    """The problems of a file.

    Attributes
    ----------
    listed
        The first ``MAX_LISTED`` ones, in the file's order.
    counts
        Kind -> how many there are in all.
    """

    listed: list[Problem] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, problem: Problem) -> None:
        """Add a problem."""
        self.counts[problem.kind] += 1
        if len(self.listed) < MAX_LISTED:
            self.listed.append(problem)


@dataclass(frozen=True)
class RowProblems:
    """Where the problems of one row go."""

    problems: Problems
    line: int | None
    image_id: str

    def add(self, kind: str, found: str, expected: str = "", triple: int | None = None) -> None:
        """Add a problem of the row, or of one of its triples."""
        self.problems.add(Problem(kind, self.line, self.image_id, triple, found, expected))

    def add_error(self, kind: str, error: InputError, triple: int | None = None) -> None:
        """Add an error that a reader has raised."""
        self.add(kind, error.found, error.expected, triple)
