"""The first page of a report on fields: scores, training curves, and a thumbnail a field."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from stages.inspect.first_page import copy_beside, count_cells
from stages.inspect.sources import Sources
from stages.pages.template import write_page
from stages.stage import Failure


def write_field_index(
    folder: Path,
    sources: Sources,
    table: pd.DataFrame,
    count: int,
    fields: Sequence[dict[str, Any]],
    failures: Sequence[Failure],
) -> None:
    """Write ``index.html``, its style sheet and the curves.

    Parameters
    ----------
    folder
        Where the report is written.
    sources
        Where scores and curves lie.
    table
        The cells table.
    count
        How many fields there are, shown or not.
    fields
        What the pages that were written tell of themselves.
    failures
        Fields that could not be shown.
    """
    copy_beside(folder, sources.curves)
    write_page(
        folder / "index.html",
        "index.html",
        images=count,
        **count_cells(table["dropped"]),
        score=sources.scores,
        curves=sources.curves is not None,
        fields=fields,
        failures=failures,
    )
