"""Probabilities that are no numbers are refused before they are written."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.errors import InputError


def check_finite(
    probabilities: NDArray[np.floating], image_id: Sequence[str], cell_id: NDArray[np.integer], path: Path
) -> None:
    """Check that the probabilities of cells are numbers.

    Parameters
    ----------
    probabilities
        (N, classes).
    image_id, cell_id
        (N,) which cell a row is of.
    path
        Where they would be written.

    Raises
    ------
    InputError
        One is NaN or infinite; the message names its cell.
    """
    wrong = np.flatnonzero(~np.isfinite(probabilities).all(axis=1))
    if len(wrong):
        first = int(wrong[0])
        raise InputError(
            found=f"probabilities of {len(wrong)} cells that are no numbers, first of cell {cell_id[first]} "
            f"of {image_id[first]}",
            where=path,
            expected="numbers from 0 to 1",
            advice="the classifier is damaged or its training diverged: train again, or give another one; "
            "bfloat16 runtimes can overflow: try --set predict.runtime=torch",
        )
