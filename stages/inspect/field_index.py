"""The first page of a report on fields: scores, training curves, and a thumbnail a field."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from stages.inspect.first_page import copy_beside, count_cells
from stages.inspect.paths import InspectInputs
from stages.pages.template import write_page
from stages.stage import Failure


def write_field_index(
    folder: Path,
    inputs: InspectInputs,
    table: pd.DataFrame,
    patterns: Sequence[dict[str, Any]],
    count: int,
    fields: Sequence[dict[str, Any]],
    failures: Sequence[Failure],
    attention: str = "",
) -> None:
    """Write ``index.html``, its style sheet and the curves.

    Parameters
    ----------
    folder
        Where the report is written.
    inputs
        Has the scores and the path of the curves.
    table
        The cells table.
    patterns
        How many cells show each pattern.
    count
        How many fields there are, shown or not.
    fields
        What the pages that were written tell of themselves.
    failures
        Fields that could not be shown.
    attention
        What is to be said of the network's attention.
    """
    copy_beside(folder, inputs.curves_path)
    write_page(
        folder / "index.html",
        "index.html",
        images=count,
        **count_cells(table["dropped"]),
        patterns=patterns,
        classifier=inputs.classifier,
        limits=inputs.limits,
        score=inputs.scores,
        curves=inputs.curves_path is not None,
        fields=fields,
        failures=failures,
        attention=attention,
    )
