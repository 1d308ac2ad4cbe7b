"""All cells that are judged: how good they are, and what follows of their images."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from data.evaluate.aggregation import How
from data.evaluate.quality import Quality, QualityCount
from data.predictions.cell_blocks import OutOfStepError
from stages.evaluate.labelled_cells import LabelledCells
from stages.evaluate.levels import Judged
from stages.evaluate.paths import EvaluateInputs


@dataclass(frozen=True)
class JudgedCells:
    """Cells that were judged.

    Attributes
    ----------
    quality
        Figures of the cells.
    images
        How they were aggregated -> their images, sorted by name.
    cells_of
        Image -> its number of cells; the images in the order of the table.
    """

    quality: Quality
    images: dict[How, Judged]
    cells_of: dict[str, int]


def judge_cells(inputs: EvaluateInputs, names: Sequence[str], threshold: float | None) -> JudgedCells:
    """Judge the predicted cells of labelled images, with no more of them in memory than some thousands.

    Tables that are not in one order are read as a whole.

    Parameters
    ----------
    inputs, names, threshold
        As of ``LabelledCells``.

    Raises
    ------
    InputError
        A file is missing or does not fit the others, or no cell is left.
    """
    cells = LabelledCells(inputs, names, threshold)
    try:
        return _judge(cells, cells.read)
    except OutOfStepError:
        whole = list(cells.read_whole())
        return _judge(cells, lambda: whole)


def _judge(cells: LabelledCells, read: Callable[[], Iterable[Judged]]) -> JudgedCells:
    count = QualityCount()
    grouped: dict[How, list[Judged]] = {"union": [], "mean": []}
    cells_of: dict[str, int] = {}
    for part in read():
        count.add(part.probabilities, part.decisions, part.targets)
        for how, parts in grouped.items():
            parts.append(part.group(part.names, how))
        for image in part.names.tolist():
            cells_of[image] = cells_of.get(image, 0) + 1
    cells.check(sum(cells_of.values()))
    for part in read():
        count.compare(part.probabilities, part.decisions, part.targets)
    return JudgedCells(count.finish(), {how: _join(parts) for how, parts in grouped.items()}, cells_of)


def _join(parts: Sequence[Judged]) -> Judged:
    order = np.argsort(np.concatenate([part.names for part in parts]))
    return Judged(
        *(
            np.concatenate([getattr(part, column) for part in parts])[order]
            for column in Judged.__dataclass_fields__
        )
    )
