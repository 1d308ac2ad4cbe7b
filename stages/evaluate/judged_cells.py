"""All cells that are judged: how good they are, and what follows of their images."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from data.evaluate.aggregation import How
from data.evaluate.quality import Quality, QualityCount
from data.predictions.cell_blocks import OutOfStepError
from stages.evaluate.labelled_cells import LabelledCells, LabelledPart
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
        How they were aggregated -> the labelled images, sorted by name; empty where there is none.
    cells_of
        Labelled image -> its number of cells; the images in the order of the table.
    shown
        Number of images whose cells were judged.
    corrected
        How many cells were judged by a correction; None without corrections.
    """

    quality: Quality
    images: dict[How, Judged]
    cells_of: dict[str, int]
    shown: int
    corrected: int | None


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


def _judge(cells: LabelledCells, read: Callable[[], Iterable[LabelledPart]]) -> JudgedCells:
    count, corrected = QualityCount(), 0
    grouped: dict[How, list[Judged]] = {"union": [], "mean": []}
    cells_of: dict[str, int] = {}
    shown: set[str] = set()
    total = 0
    for part in read():
        judged, of_images = part.cells, part.of_images
        count.add(judged.probabilities, judged.decisions, judged.targets)
        total, corrected = total + len(judged.names), corrected + part.corrected
        shown.update(judged.names.tolist())
        if len(of_images.names):
            for how, parts in grouped.items():
                parts.append(of_images.group(of_images.names, how))
        for image in of_images.names.tolist():
            cells_of[image] = cells_of.get(image, 0) + 1
    cells.check(total)
    for part in read():
        count.compare(part.cells.probabilities, part.cells.decisions, part.cells.targets)
    images: dict[How, Judged] = {how: _join(parts) for how, parts in grouped.items() if parts}
    return JudgedCells(count.finish(), images, cells_of, len(shown), corrected if cells.corrections else None)


def _join(parts: Sequence[Judged]) -> Judged:
    order = np.argsort(np.concatenate([part.names for part in parts]))
    return Judged(
        *(
            np.concatenate([getattr(part, column) for part in parts])[order]
            for column in Judged.__dataclass_fields__
        )
    )
