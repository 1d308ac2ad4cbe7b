"""Write the figures of the last run of the fault tests into a page of the documentation."""

import json
import subprocess
import sys
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from tests.factories.whole_job.tally import Tally

BEGIN, END = "<!-- figures of make test-faults -->", "<!-- end of the figures -->"


def format_table(tallies: Iterable[Tally]) -> str:
    """Return a table in Markdown with one row per kind of fault."""
    kinds: dict[str, list[Tally]] = {}
    for tally in tallies:
        kinds.setdefault(tally.fault, []).append(tally)
    lines = [
        "| fault | strikes at | times | right at once | right after the command that was named | wrong |",
        "|---|---|---|---|---|---|",
    ]
    for fault, struck in kinds.items():
        right, mended = sum(tally.right for tally in struck), sum(tally.mended for tally in struck)
        wrong = sum(len(tally.wrong) for tally in struck)
        what = len({tally.what for tally in struck})
        lines.append(f"| {fault} | {what} | {right + mended + wrong} | {right} | {mended} | {wrong} |")
    return "\n".join(lines)


def read_tallies(results: Path) -> list[Tally]:
    """Read what `Tally.close` wrote."""
    return [Tally(**json.loads(line)) for line in results.read_text().splitlines()]


def insert(page: str, figures: str) -> str:
    """Return a page with the figures between its two marks.

    Raises
    ------
    ValueError
        The page has no such marks.
    """
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n{figures}\n{END}{after}"


def _describe_run(tallies: list[Tally]) -> str:
    command = ["git", "describe", "--always", "--dirty"]
    commit = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    minutes = sum(tally.seconds for tally in tallies) / 60
    return f"Run on {date.today().isoformat()} at commit {commit}, {minutes:.0f} minutes on one core."


if __name__ == "__main__":
    found = read_tallies(Path(sys.argv[1]))
    page_path = Path(sys.argv[2])
    figures = f"{_describe_run(found)}\n\n{format_table(found)}"
    page_path.write_text(insert(page_path.read_text(), figures))
