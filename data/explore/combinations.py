"""Which combinations of labels occur, and how often."""

import numpy as np
import pandas as pd

from data.explore.label_table import LabelTable


def count_combinations(table: LabelTable) -> pd.DataFrame:
    """Count the images of each combination of labels that occurs.

    Returns
    -------
    DataFrame
        A row a combination, the commonest first, of equally common ones the lower numbers:
        ``labels`` (numbers joined by ``|``), ``names`` (joined by ``, ``), ``images``.
    """
    found, counts = np.unique(table.shown, axis=0, return_counts=True)
    combinations = [tuple(np.flatnonzero(shown).tolist()) for shown in found]
    ordered = sorted(zip(combinations, counts.tolist(), strict=True), key=lambda pair: (-pair[1], pair[0]))
    rows = [
        ("|".join(map(str, labels)), ", ".join(table.label_set.names[label] for label in labels), count)
        for labels, count in ordered
    ]
    return pd.DataFrame(rows, columns=["labels", "names", "images"])
