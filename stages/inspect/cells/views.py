"""Choices among the pre-cropped cells: those of one predicted class, and other such."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.channels import CHANNELS
from data.plots.composites import describe_composite
from stages.inspect.attention.maps import SCALE
from stages.inspect.cells.cards import CellCards
from stages.inspect.given_labels import PARTLY, WRONG
from stages.pages.template import write_page


@dataclass(frozen=True)
class View:
    """A choice of cells, on as many pages as they need.

    Attributes
    ----------
    name
        First part of the names of its files.
    title
        What it is called.
    order
        In which order the cells stand.
    rows
        Their rows in the cells table, in that order.
    """

    name: str
    title: str
    order: str
    rows: NDArray[np.intp]


@dataclass(frozen=True)
class ViewPage:
    """Page ``number`` of ``count`` of a view, with its rows."""

    view: View
    number: int
    count: int
    rows: NDArray[np.intp]

    @property
    def file(self) -> str:
        """Name of the page's file."""
        return f"{self.view.name}-{self.number}.html"


def list_views(cards: CellCards) -> list[View]:
    """List the views that have a cell: a predicted class each, without class, label differs, left out."""
    probabilities = cards.predicted.probabilities
    names = cards.predicted.label_set.names if cards.predicted.label_set else ()
    members: dict[str, list[int]] = {name: [] for name in names}
    without = []
    for row, called in enumerate(cards.called):
        for name in called or ():
            members[name].append(row)
        if called == ():
            without.append(row)
    by_class = "the most confident first"
    views = [
        View(f"class-{label}", name, by_class, _sort(np.array(rows, np.intp), probabilities[:, label]))
        for label, (name, rows) in enumerate(members.items())
    ]
    likeliest = probabilities.max(axis=1, initial=0)
    differ = np.flatnonzero(np.isin(cards.verdicts, [PARTLY, WRONG]))
    views.append(View("no-class", "No class predicted", "in their order", np.array(without, np.intp)))
    views.append(View("differ", "Label and prediction differ", by_class, _sort(differ, likeliest)))
    left_out = np.flatnonzero(cards.dropped != "")
    views.append(View("left-out", "Left out by a filter", "in their order", left_out))
    return [view for view in views if len(view.rows)]


def divide_views(views: list[View], cells_per_page: int) -> list[ViewPage]:
    """Divide views into pages."""
    pages = []
    for view in views:
        starts = range(0, len(view.rows), cells_per_page)
        pages += [
            ViewPage(view, number, len(starts), view.rows[start : start + cells_per_page])
            for number, start in enumerate(starts, start=1)
        ]
    return pages


class ViewPages:
    """Write one page of a view, which shows the pictures of the cells' own pages; called from threads."""

    def __init__(self, cards: CellCards, folder: Path, channels: Collection[str] = CHANNELS) -> None:
        self._colours = describe_composite(channels)
        self._cards, self._folder = cards, folder / "views"
        self._folder.mkdir()

    def __call__(self, page: ViewPage) -> None:
        """Write the page."""
        name, number = page.view.name, page.number
        part = f", page {number} of {page.count}" if page.count > 1 else ""
        write_page(
            self._folder / page.file,
            "cells.html",
            title=f"{page.view.title}{part}",
            colours=self._colours,
            attention=self._cards.attention.legend,
            attention_scale=SCALE,
            about=f"{len(page.rows)} of {len(page.view.rows)} cells, {page.view.order}",
            before=f"{name}-{number - 1}.html" if number > 1 else "",
            after=f"{name}-{number + 1}.html" if number < page.count else "",
            cards=[self._cards.card(row) for row in page.rows.tolist()],
        )


def _sort(rows: NDArray[np.intp], confidences: NDArray[np.floating]) -> NDArray[np.intp]:
    return rows[np.argsort(-confidences[rows], kind="stable")]
