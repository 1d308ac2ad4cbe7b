"""How many cells show each pattern, over all fields of a report."""

from collections import Counter
from typing import Any

from stages.inspect.cells.cell_facts import CellFacts


class PatternCounts:
    """Count the cells that were found to have each class, and the fields in which they are."""

    def __init__(self) -> None:
        self._cells, self._fields = Counter[int](), Counter[int]()

    def add(self, facts: CellFacts) -> None:
        """Count the cells of some fields, all of each; those with a drop reason are not counted."""
        image_ids = facts.table["image_id"].tolist()
        found: set[tuple[int, str]] = set()
        for image_id, dropped, called in zip(image_ids, facts.dropped.tolist(), facts.called, strict=True):
            if dropped == "":
                self._cells.update(called or ())
                found.update((label, image_id) for label in called or ())
        self._fields.update(label for label, _ in found)

    def describe(self, names: tuple[str, ...]) -> list[dict[str, Any]]:
        """List the classes that any cell has, the most frequent first.

        Parameters
        ----------
        names
            Names of the predicted classes.

        Returns
        -------
        list of dict
            ``name``, ``cells`` and ``fields`` of each.
        """
        return [
            {"name": names[label], "cells": count, "fields": self._fields[label]}
            for label, count in sorted(self._cells.items(), key=lambda item: (-item[1], item[0]))
        ]
