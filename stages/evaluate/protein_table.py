"""The table of proteins: what was predicted for each, and which gene and antibody it is."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.evaluate.aggregation import How
from data.tables.csv_file import write_csv
from stages.evaluate.levels import Judged


def write_protein_table(
    path: Path,
    cells_of: Mapping[str, int],
    proteins: Mapping[How, Judged],
    stains: pd.DataFrame,
    protein_of: Mapping[str, str],
    names: Sequence[str],
) -> None:
    """Write the table of proteins (CSV), one row per protein; only the header where none is known.

    Parameters
    ----------
    path
        The file.
    cells_of
        Image ID -> its number of cells.
    proteins
        How they were aggregated -> the proteins.
    stains
        Columns of the label file about proteins, genes and antibodies, by image ID.
    protein_of
        Image ID -> protein.
    names
        Names of the classes.
    """
    images: dict[str, list[str]] = defaultdict(list)
    for image in cells_of:
        if image in protein_of:
            images[protein_of[image]].append(image)
    rows = []
    union, mean = proteins.get("union"), proteins.get("mean")
    if union is not None and mean is not None:
        for place, protein in enumerate(mean.names.tolist()):
            held = images[protein]
            row = {"protein": protein} | {
                column: ";".join(dict.fromkeys(filter(None, stains.loc[held, column])))
                for column in stains.columns
            }
            row |= {"images": len(held), "cells": sum(cells_of[image] for image in held)}
            row["true"] = _join(mean.targets[place], names)
            row["found_union"] = _join(union.decisions[place], names)
            row["found_mean"] = _join(mean.decisions[place], names)
            rows.append(row | dict(zip(names, mean.probabilities[place], strict=True)))
    fixed = ["protein", *stains.columns, "images", "cells", "true", "found_union", "found_mean", *names]
    write_csv(path, pd.DataFrame(rows, columns=fixed), float_format="%.6g")


def _join(has: NDArray[np.bool_], names: Sequence[str]) -> str:
    return "|".join(name for name, is_there in zip(names, has, strict=True) if is_there)
