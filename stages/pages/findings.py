"""The page of an exploration: an HTML file that opens from disk, with all plots and their figures."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from data.tables.csv_file import write_csv
from stages.pages.template import copy_style, write_page
from stages.stage import Failure


@dataclass(frozen=True)
class Plot:
    """A picture of the page, with the CSV files of its figures, if it has any, all beside the page."""

    title: str
    picture: str
    caption: str
    table: str = ""
    more: tuple[str, ...] = ()


@dataclass
class Findings:
    """What an exploration has found so far.

    Attributes
    ----------
    folder
        Where the files are written.
    facts
        Name -> one line, in the order in which they are told.
    plots
        The pictures that were drawn.
    notes
        What is not shown, and why.
    failures
        Images that could not be shown.
    details
        All figures, JSON-serialisable.
    """

    folder: Path
    facts: dict[str, str] = field(default_factory=dict)
    plots: list[Plot] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)

    def write_table(self, name: str, table: pd.DataFrame, *, index: bool = False) -> str:
        """Write a table as CSV beside the page, and give its name."""
        write_csv(self.folder / name, table, index=index, float_format="%.6g")
        return name


def write_findings(findings: Findings, title: str) -> None:
    """Write ``index.html`` and its style sheet."""
    copy_style(findings.folder)
    write_page(
        findings.folder / "index.html",
        "explore.html",
        title=title,
        facts=findings.facts.items(),
        plots=findings.plots,
        notes=findings.notes,
        failures=findings.failures,
    )


def list_names(names: Sequence[str]) -> str:
    """Join names for a sentence; of many only the first."""
    most = 40
    return (
        ", ".join(names) if len(names) <= most else f"{', '.join(names[:most])} and {len(names) - most} more"
    )
