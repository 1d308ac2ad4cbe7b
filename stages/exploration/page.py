"""The page of an exploration: an HTML file that opens from disk, with all plots and their figures."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd

from data.atomic import atomic_write
from stages.stage import Failure

_TEMPLATES = Path(__file__).parents[1] / "templates"


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
        table.to_csv(self.folder / name, index=index, float_format="%.6g")
        return name


def write_page(findings: Findings, title: str) -> None:
    """Write ``index.html`` and its style sheet."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES), autoescape=True, trim_blocks=True
    )
    page = environment.get_template("explore.html").render(
        title=title,
        facts=findings.facts.items(),
        plots=findings.plots,
        notes=findings.notes,
        failures=findings.failures,
    )
    shutil.copyfile(_TEMPLATES / "style.css", findings.folder / "style.css")
    with atomic_write(findings.folder / "index.html") as temporary:
        temporary.write_text(page, encoding="utf-8")


def list_names(names: Sequence[str]) -> str:
    """Join names for a sentence; of many only the first."""
    most = 40
    return (
        ", ".join(names) if len(names) <= most else f"{', '.join(names[:most])} and {len(names) - most} more"
    )
