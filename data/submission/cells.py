"""The cells of a submission: a mask with the confidences of its classes."""

from dataclasses import dataclass

import numpy as np

from data.masks.run_budget import RunBudget
from data.predictions.submission import Submission
from data.score.mask_matching import FileMasks
from data.score.mask_overlap import MaskRuns, find_overlaps


@dataclass(frozen=True)
class Cell:
    """A cell of an image.

    Attributes
    ----------
    triple
        Number of the first triple with its mask, from 1.
    mask
        Its mask string.
    runs
        Its pixels, one or more.
    confidences
        Class number -> confidence; of a class that is repeated, the highest.
    """

    triple: int
    mask: str
    runs: MaskRuns
    confidences: dict[int, float]


class SubmissionCells:
    """Read the cells of a submission image by image."""

    def __init__(self, submission: Submission, budget: RunBudget | None = None) -> None:
        self._submission = submission
        self._masks = FileMasks(submission, budget)
        images = submission.triples["image"].to_numpy()
        self._starts = np.searchsorted(images, np.arange(len(submission.images) + 1))
        self.rows = {image_id: row for row, image_id in enumerate(submission.images["image_id"])}
        self.empty = 0
        """Masks without a pixel that were left out so far."""

    def of_image(self, row: int) -> list[Cell]:
        """Return the cells of an image in the order of their first triples; equal masks are one cell.

        Raises
        ------
        InputError
            A mask string is not valid or not of its image's size; the message names the triple.
        """
        masks, first = self._masks.decode(row, {}), int(self._masks.starts[row])
        triples = self._submission.triples.iloc[self._starts[row] : self._starts[row + 1]]
        cells: dict[bytes, Cell] = {}
        empty: set[int] = set()
        columns = (triples[name].tolist() for name in ("label", "confidence", "mask"))
        for number, (label, confidence, mask) in enumerate(zip(*columns, strict=True), start=1):
            runs = masks[mask - first]
            if not runs.area:
                empty.add(mask)
                continue
            cell = cells.setdefault(
                runs.edges.tobytes(), Cell(number, self._submission.masks[mask], runs, {})
            )
            cell.confidences[label] = max(confidence, cell.confidences.get(label, confidence))
        self.empty += len(empty)
        return list(cells.values())


def match_cells(
    first: list[Cell], second: list[Cell], min_iou: float, *, where: object
) -> list[tuple[int, int, float]]:
    """Match the cells of two segmentations of an image one to one, those that overlap most first.

    Returns
    -------
    list of (first, second, iou)
        Numbers of the two cells, from 0, in ascending order of the first.

    Raises
    ------
    InputError
        Far more masks lie over each other than cells do.
    """
    found = find_overlaps([c.runs for c in first], [c.runs for c in second], min_iou, where=where)
    taken: tuple[set[int], set[int]] = (set(), set())
    matches = []
    for place in np.argsort(-found[2], kind="stable").tolist():
        i, j, iou = int(found[0][place]), int(found[1][place]), float(found[2][place])
        if i not in taken[0] and j not in taken[1]:
            taken[0].add(i)
            taken[1].add(j)
            matches.append((i, j, iou))
    return sorted(matches)
