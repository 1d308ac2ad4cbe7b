"""Inspect pre-cropped cells: an HTML report that opens from disk and shows every cell."""

import numpy as np

from data.atomic import atomic_folder
from data.cells.cells_table import read_cells
from data.tiles.tile_store import TileStore
from stages.inspect.attention.find import find_attention
from stages.inspect.attention.maps import write_scale
from stages.inspect.cells.cards import CellCards
from stages.inspect.cells.groups import divide_cells
from stages.inspect.cells.index import write_cell_index
from stages.inspect.cells.pages import CellPages
from stages.inspect.cells.predicted_cells import PredictedCells
from stages.inspect.cells.views import ViewPages, divide_views, list_views
from stages.inspect.given_labels import read_given_labels
from stages.inspect.paths import InspectOutputs, PrecroppedInspectInputs
from stages.inspect.settings import InspectSettings
from stages.stage import Context, Failure, StageReport


def run(
    inputs: PrecroppedInspectInputs, outputs: InspectOutputs, settings: InspectSettings, context: Context
) -> StageReport:
    """Write ``index.html`` with counts by class, one page per group of cells, and pages of chosen cells.

    Tiles are read a page at a time. A page whose tiles cannot be shown is named in the report and counted as
    failed.

    Raises
    ------
    InputError
        A file is missing or does not fit the others, or the label file has a label of none of the cells.
    """
    table = read_cells(inputs.cells_path, ["image_id", "cell_id", "dropped", "group"])
    tiles = TileStore(inputs.tiles_path, rows=len(table))
    predicted = PredictedCells(inputs.predictions_path, table)
    label_set = inputs.label_set or predicted.label_set
    image_ids = table["image_id"].tolist()
    given = (
        read_given_labels(inputs.labels_path, label_set, image_ids)
        if inputs.labels_path is not None and label_set is not None
        else {}
    )
    groups = divide_cells(image_ids, table["group"].tolist(), settings.cells_per_page)
    shown_rows = np.flatnonzero(predicted.known)
    attention = find_attention(inputs.predicted_by, inputs.tiles_path, shown_rows, settings, context)
    cards = CellCards(table, predicted, given, groups, settings.top_classes, attention)
    views = list_views(cards)
    view_pages = divide_views(views, settings.cells_per_page)
    failures: list[Failure] = []
    with atomic_folder(outputs.report_dir, replace=True) as folder:
        write_scale(folder, attention)
        pages = CellPages(tiles, cards, folder, len(groups))
        shown = []
        for group, page in context.map(pages, groups, description="inspect", total=len(groups)):
            if isinstance(page, Exception):
                failures.append(Failure(group.title, str(page)))
                page = pages.write_failed(group, str(page))
            shown.append(page)
        write = ViewPages(cards, folder, tiles.channels)
        for page, done in context.map(write, view_pages, description="inspect", total=len(view_pages)):
            if isinstance(done, Exception):
                failures.append(Failure(page.file, str(done)))
        write_cell_index(folder, inputs, cards, views, shown, failures)
    return StageReport(
        counts={"cells": len(table), "pages": len(groups), "labelled": sum(map(bool, cards.given))},
        failures=failures,
    )
