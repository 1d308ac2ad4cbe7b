"""What a report says of a set of cells as a whole, counted some images at a time."""

import hashlib
from collections import Counter
from pathlib import Path

from data.cells.cells_table import cells_file_errors
from data.tables.parquet_rows import read_batches
from stages.inspect.cells.cell_facts import CellFacts, GivenClasses
from stages.inspect.tally.class_counts import PatternCounts
from stages.inspect.tally.class_details import ClassDetails

_IDENTITY = ("image_id", "cell_id", "y0", "x0", "y1", "x1", "area_px")


class CellTally:
    """Count all cells, shown or not.

    Parameters
    ----------
    given
        The classes that are predicted or given.

    Attributes
    ----------
    cells
        How many cells there are.
    dropped
        How many were left out, by reason; those that were not, by "".
    patterns, classes
        What is said of the classes.
    """

    def __init__(self, given: GivenClasses) -> None:
        self.cells, self.dropped = 0, Counter[str]()
        self.patterns, self.classes = PatternCounts(), ClassDetails(given.names, given.predicted)

    def add(self, facts: CellFacts) -> None:
        """Count the cells of some images, all of each."""
        self.cells += len(facts)
        self.dropped.update(facts.dropped.tolist())
        self.patterns.add(facts)
        self.classes.add(facts)


def identify_cells(path: Path) -> str:
    """Return a name of the segmented cells, under which a browser keeps what it is told of them.

    Raises
    ------
    InputError
        The file is missing or is no cells table.
    """
    digest = hashlib.sha256()
    with cells_file_errors(path):
        for name in _IDENTITY:
            separator = ""
            for batch in read_batches(path, columns=[name]):
                digest.update((separator + "\n".join(map(str, batch.column(0).to_pylist()))).encode())
                separator = "\n"
    return digest.hexdigest()[:16]
