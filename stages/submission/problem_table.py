"""The problems of a submission as a table of text and as JSON."""

from dataclasses import asdict
from typing import Any

from data.submission.file_check import SubmissionCheck
from data.submission.problem import KINDS, Problem

_SHOWN = 200
"""Problems that the table shows."""


def describe_check(check: SubmissionCheck) -> dict[str, Any]:
    """Return what was checked and found, JSON-serialisable."""
    problems = check.problems
    return {
        "images": check.images,
        "triples": check.triples,
        "masks": check.masks,
        "counts": {kind: problems.counts[kind] for kind in KINDS if problems.counts[kind]},
        "problems": [asdict(problem) for problem in problems.listed],
    }


def format_check(check: SubmissionCheck, shown: int | None = _SHOWN) -> str:
    """Lay out the problems, one on a line, and their kinds with what each means."""
    problems = check.problems
    summary = f"{check.images} images, {check.triples} triples, {check.masks} masks"
    total = sum(problems.counts.values())
    if not total:
        return f"{summary}: no problem"
    listed = problems.listed[:shown]
    width = max([len("image"), *(len(problem.image_id) for problem in listed)])
    lines = [f"{'line':>7} {'triple':>7} {'image':<{width}} {'problem':<12} found"]
    lines += [_format_problem(problem, width) for problem in listed]
    if total > len(listed):
        lines.append(f"... and {total - len(listed)} more")
    lines += ["", f"{'problem':<12}{'count':>8}  meaning"]
    lines += [
        f"{kind:<12}{problems.counts[kind]:>8}  {KINDS[kind]}" for kind in KINDS if problems.counts[kind]
    ]
    return "\n".join([*lines, f"{summary}: {total} problem{'s' * (total > 1)}"])


def _format_problem(problem: Problem, width: int) -> str:
    place = (str(number if number is not None else "-") for number in (problem.line, problem.triple))
    expected = f"; expected {problem.expected}" if problem.expected else ""
    return "{:>7} {:>7} ".format(*place) + (
        f"{problem.image_id:<{width}} {problem.kind:<12} {problem.found}{expected}"
    )
