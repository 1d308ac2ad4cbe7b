"""Inspect pre-cropped cells: an HTML report that opens from disk and shows every cell."""

from data.cells.cells_table import read_cells
from data.tiles.tile_store import TileStore
from stages.inspect.cells.cell_facts import COLUMNS, CellFacts, GivenClasses
from stages.inspect.cells.groups import divide_cells
from stages.inspect.cells.mosaics import Mosaics
from stages.inspect.cells.predicted_cells import PredictedCells
from stages.inspect.given_labels import read_given_labels
from stages.inspect.paths import InspectOutputs, PrecroppedInspectInputs
from stages.inspect.report import Report
from stages.inspect.settings import InspectSettings
from stages.inspect.tally.cell_tally import CellTally
from stages.stage import Context, StageReport


def run(
    inputs: PrecroppedInspectInputs, outputs: InspectOutputs, settings: InspectSettings, context: Context
) -> StageReport:
    """Write ``index.html``, its scripts, and the files of each group of cells, which are loaded when needed.

    Tiles are read one group at a time. A group whose tiles cannot be shown is named in the report and counted
    as failed.

    Raises
    ------
    InputError
        A file is missing or does not fit the others, the label file has a label of none of the cells, or
        there is no such class to order cells by.
    """
    table = read_cells(inputs.cells_path, list(COLUMNS))
    tiles = TileStore(inputs.tiles_path, rows=len(table))
    predicted = PredictedCells.read(inputs.predictions_path, table)
    label_set = inputs.label_set or predicted.label_set
    image_ids = table["image_id"].tolist()
    labels = (
        read_given_labels(inputs.labels_path, label_set, image_ids)
        if inputs.labels_path is not None and label_set is not None
        else {}
    )
    groups = divide_cells(image_ids, table["group"].tolist(), settings.cells_per_page)
    given = GivenClasses(predicted.label_set, labels)
    facts, tally = CellFacts(table, predicted, given), CellTally(given)
    tally.add(facts)
    report = Report(
        inputs=inputs,
        fields=Mosaics(tiles, groups),
        total=len(groups),
        facts=facts,
        tally=tally,
        tiles=tiles,
        has_groups=True,
    )
    failures = report.write(outputs, settings, context)
    return StageReport(
        counts={"cells": len(table), "pages": len(groups), "labelled": sum(map(bool, facts.given))},
        failures=failures,
    )
