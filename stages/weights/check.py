"""Check a classifier's runtimes: what each changes on cells of one's own, and how fast it is."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.errors import InputError
from data.predictions.predictions_table import probability_columns
from data.tiles.field_tiles import FieldTiles
from models.classifiers.cell_classifier import CellClassifier
from models.runtimes.names import RUNTIMES, resolve_runtime

REFERENCE = "torch"
"""The runtime with which the others are compared: it computes in float32."""


@dataclass(frozen=True)
class RuntimeFidelity:
    """What a runtime makes of n cells, beside `REFERENCE`.

    Attributes
    ----------
    runtime
        Its name.
    cells_per_second
        How fast it is, without loading and fitting it.
    cosine_median, cosine_least
        Cosine of the angle between the embeddings of the two, over the cells.
    same_class
        Part of the cells with the same likeliest class, 0..1.
    largest_difference
        Largest difference of a probability.
    """

    runtime: str
    cells_per_second: float
    cosine_median: float
    cosine_least: float
    same_class: float
    largest_difference: float


def list_runtimes() -> list[str]:
    """List the runtimes that this machine has, `REFERENCE` first."""
    present = []
    for name in RUNTIMES:
        try:
            present.append(resolve_runtime(name))
        except InputError:
            continue
    return sorted(present, key=lambda name: (name != REFERENCE, name))


def check_runtimes(
    load: Callable[[str], CellClassifier],
    fields: Sequence[FieldTiles],
    runtimes: Sequence[str],
    advance: Callable[[int], None] = lambda _: None,
) -> list[RuntimeFidelity]:
    """Compare the runtimes of a classifier on the cells of some fields.

    Parameters
    ----------
    load
        Makes the classifier for a runtime.
    fields
        Tiles of two fields or more: int8 is fitted to the first one, and all runtimes are compared on the
        others.
    runtimes
        Their names, `REFERENCE` first.
    advance
        Called with the number of cells done, for each runtime.

    Raises
    ------
    InputError
        Fewer than two fields have a cell that is not dropped.
    """
    filled = [tiles for tiles in fields if (tiles.table["dropped"] == "").any()]
    if len(filled) < 2:
        raise InputError(
            found=f"{len(filled)} fields with cells to compare",
            where="weights check",
            expected="two fields or more: one to fit int8 to, the others to compare",
            advice="give a folder with more fields, or a larger --fields",
        )
    found = []
    reference: pd.DataFrame | None = None
    for runtime in runtimes:
        classifier = load(runtime)
        classifier.classify(filled[0], embedding=True)
        started = time.perf_counter()
        table = pd.concat([classifier.classify(tiles, embedding=True) for tiles in filled[1:]])
        seconds = time.perf_counter() - started
        reference = table if reference is None else reference
        found.append(_compare(runtime, table, reference, len(table) / seconds))
        advance(len(table))
    return found


def format_fidelity(found: Sequence[RuntimeFidelity]) -> str:
    """Lay out a comparison as a table of text, one row per runtime."""
    width = max(len("runtime"), *(len(one.runtime) for one in found))
    columns = ("cells/s", "speed", "cosine", "lowest", "same class", "largest difference")
    lines = [f"{'runtime':<{width}}" + "".join(f"  {column}" for column in columns)]
    for one in found:
        speed = one.cells_per_second / found[0].cells_per_second
        values = (
            f"{one.cells_per_second:.2f}",
            f"{speed:.2f}",
            f"{one.cosine_median:.4f}",
            f"{one.cosine_least:.4f}",
            f"{one.same_class:.1%}",
            f"{one.largest_difference:.4f}",
        )
        cells = (f"  {value:>{len(column)}}" for value, column in zip(values, columns, strict=True))
        lines.append(f"{one.runtime:<{width}}" + "".join(cells))
    return "\n".join(lines)


def _compare(
    runtime: str, table: pd.DataFrame, reference: pd.DataFrame, cells_per_second: float
) -> RuntimeFidelity:
    columns = probability_columns(table.columns)
    own, other = (part[columns].to_numpy(np.float64) for part in (table, reference))
    cosines = _cosines(*(np.stack(part["embedding"].tolist()) for part in (table, reference)))
    return RuntimeFidelity(
        runtime=runtime,
        cells_per_second=cells_per_second,
        cosine_median=float(np.median(cosines)),
        cosine_least=float(cosines.min()),
        same_class=float((own.argmax(axis=1) == other.argmax(axis=1)).mean()),
        largest_difference=float(np.abs(own - other).max()),
    )


def _cosines(a: NDArray[np.floating], b: NDArray[np.floating]) -> NDArray[np.float64]:
    a, b = a.astype(np.float64), b.astype(np.float64)
    lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return (a * b).sum(axis=1) / np.maximum(lengths, 1e-12)
