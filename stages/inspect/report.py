"""Writing a report: the same for segmented fields and for pre-cropped cells."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from data.atomic import atomic_folder
from data.plots.composites import describe_composite
from data.software.versions import find_version
from data.tiles.tile_store import TileStore
from stages.inspect.attention.find import find_attention
from stages.inspect.attention.maps import SCALE, CellAttention, write_scale
from stages.inspect.cells.cell_facts import CellFacts
from stages.inspect.cells.neighbours import Neighbours, find_neighbours
from stages.inspect.cells.places import Places
from stages.inspect.cells.queue import Queue, order_queue
from stages.inspect.cells.shown_field import ShownField
from stages.inspect.paths import InspectInputs, InspectOutputs, PrecroppedInspectInputs
from stages.inspect.settings import InspectSettings
from stages.inspect.summary import summarise
from stages.inspect.tally.cell_tally import CellTally, identify_cells
from stages.inspect.written.field_files import FieldFiles
from stages.inspect.written.indexes import write_cell_index, write_field_index
from stages.inspect.written.scripts import write_script
from stages.inspect.written.site import write_site
from stages.stage import Context, Failure

_CURVES, _RATE = "curves.png", "find_rate.png"


class ShownFields(Protocol):
    """The fields of a report, or the groups of pre-cropped cells."""

    titles: list[str]

    @property
    def pages(self) -> Sequence[int]:
        """Their numbers, from 1."""
        ...

    @property
    def places(self) -> Places:
        """Where each cell is shown."""
        ...

    def rows(self, page: int) -> NDArray[np.intp]:
        """Return the rows of the cells of a field."""
        ...

    def read(self, page: int) -> ShownField:
        """Read a field."""
        ...


@dataclass(frozen=True)
class Report:
    """What a report is written from.

    Attributes
    ----------
    inputs
        Of the stage.
    fields
        The fields that are shown.
    total
        How many there are, shown or not.
    facts
        What is said of each cell, of those that are shown at least.
    tally
        What is said of all cells.
    tiles
        The tile store.
    has_groups
        Whether the fields are groups of pre-cropped cells, which have IDs of their own.
    """

    inputs: InspectInputs | PrecroppedInspectInputs
    fields: ShownFields
    total: int
    facts: CellFacts
    tally: CellTally
    tiles: TileStore
    has_groups: bool

    def write(self, outputs: InspectOutputs, settings: InspectSettings, context: Context) -> list[Failure]:
        """Write all files of the report; return the fields that could not be shown.

        Raises
        ------
        InputError
            There is no such class to order cells by, or no such device.
        """
        inputs, places = self.inputs, self.fields.places
        is_shown = places.page > 0
        queue = None
        if inputs.queue is not None:
            queue = order_queue(inputs.queue, self.facts, is_shown, inputs.record.thresholds)
        attention = find_attention(
            inputs.predicted_by,
            inputs.tiles_path,
            self.facts.stored[self.facts.predicted.known & is_shown],
            settings,
            context,
        )
        neighbours = find_neighbours(
            inputs.predictions_path, self.facts.predicted, places, settings.neighbours, context
        )
        with atomic_folder(outputs.report_dir, replace=True) as folder:
            files = FieldFiles(folder, self.tiles, self.facts, attention, neighbours, settings)
            write: Callable[[int], None] = lambda page: files.write(self.fields.read(page))  # noqa: E731
            failures: dict[int, Failure] = {}
            pages = self.fields.pages
            for page, done in context.map(write, pages, description="inspect", total=len(pages)):
                if isinstance(done, Exception):
                    failures[page] = Failure(self.fields.titles[page - 1], str(done))
            write_scale(folder, attention)
            copied = self._copy_pictures(folder)
            rows = [self.fields.rows(page) for page in pages]
            parts = {
                "fields": write_field_index(folder, self.facts, self.fields.titles, rows, set(failures)),
                "cells": write_cell_index(folder, self.facts, places, with_ids=self.has_groups),
            }
            classes = self.tally.classes.describe(self.facts, places.without(failures))
            write_script(folder, "data/classes", classes)
            if queue is not None:
                write_script(folder, "data/queue", _describe_queue(queue, places))
            write_script(folder, "data/run", self._describe_run(settings, list(failures.values()), copied))
            described = self._describe(settings, attention, neighbours, parts, has_queue=queue is not None)
            write_script(folder, "data/report", described)
            summary = summarise(
                inputs, self.facts, self.tally, list(failures.values()), self.total, len(pages)
            )
            write_site(folder, attention=attention.note, **summary)
        return list(failures.values())

    def _copy_pictures(self, folder: Path) -> list[str]:
        """Copy the pictures of the training that there are, and return their names."""
        copied = []
        for name, source in ((_CURVES, self.inputs.curves_path), (_RATE, self.inputs.record.rate_path)):
            if source is not None and source.is_file():
                shutil.copyfile(source, folder / name)
                copied.append(name)
        return copied

    def _describe(
        self,
        settings: InspectSettings,
        attention: CellAttention,
        neighbours: Neighbours,
        parts: dict[str, int],
        *,
        has_queue: bool,
    ) -> dict[str, Any]:
        """Return what every view needs to know."""
        inputs, facts = self.inputs, self.facts
        label_set = facts.predicted.label_set
        return {
            "version": find_version("hpacells"),
            "key": identify_cells(inputs.cells_path),
            "groups": self.has_groups,
            "classes": facts.class_names,
            "predicted": len(label_set) if label_set else 0,
            "thresholds": inputs.record.thresholds,
            "channels": self.tiles.channels,
            "colours": describe_composite(self.tiles.channels),
            "top": settings.top_classes,
            "fields": len(self.fields.pages),
            "total": self.total,
            "cells": self.tally.cells,
            "parts": parts,
            "labels": inputs.labels_path.name if inputs.labels_path else "",
            "attention": {
                "legend": attention.legend,
                "note": attention.note,
                "scale": SCALE,
                "heads": attention.heads,
            },
            "neighbours": neighbours.note,
            "queue": has_queue,
        }

    def _describe_run(
        self, settings: InspectSettings, failures: Sequence[Failure], pictures: Sequence[str]
    ) -> dict[str, Any]:
        """Return what the view of the run shows."""
        inputs = self.inputs
        return {
            "classifier": inputs.classifier,
            "limits": inputs.limits,
            "stages": inputs.record.stages,
            "weights": inputs.record.weights,
            "pictures": pictures,
            "settings": settings.model_dump(mode="json"),
            "failures": [{"where": failure.where, "why": failure.why} for failure in failures],
            "scores": inputs.scores if isinstance(inputs, InspectInputs) else None,
        }


def _describe_queue(queue: Queue, places: Places) -> dict[str, Any]:
    cells = zip(queue.rows.tolist(), queue.classes.tolist(), queue.margins.round(4).tolist(), strict=True)
    return {
        "title": queue.title,
        "order": queue.order,
        "cells": [[*places.refer(row), label, margin] for row, label, margin in cells],
    }
