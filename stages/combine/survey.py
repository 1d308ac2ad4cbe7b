"""What has to be known of all cells before any can be written."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.predictions.cell_blocks import OutOfStepError
from data.rules.cell_facts import find_pixel_sizes
from data.rules.cell_rules import CellRules, SizeSpread, measure_spread
from stages.combine.image_cells import CellSource, SuccessiveCells, WholeCells
from stages.combine.paths import CombineInputs
from stages.stage import Context


@dataclass(frozen=True)
class Survey:
    """What was found of all cells.

    Attributes
    ----------
    image_ids
        The images with a cell that is not dropped, sorted.
    dropped
        How many cells are dropped.
    in_um
        Whether areas are compared in um2, since the pixel sizes of all these images are known.
    spread
        How large the cells are that are not dropped; None where no rule asks.
    """

    image_ids: NDArray[np.str_]
    dropped: int
    in_um: bool
    spread: SizeSpread | None


def open_cells(inputs: CombineInputs, rules: CellRules, context: Context) -> tuple[CellSource, Survey]:
    """Look at all cells, and return how they are best read: part by part where they have the images' order.

    Raises
    ------
    InputError
        A prediction is of a cell that the table lacks, a cell that is not dropped lacks its prediction, a
        cell has two rows or lies in an image that the images table lacks, or a table is missing or damaged.
    """
    for sort in (False, True):
        try:
            source: CellSource = SuccessiveCells(inputs, sort=sort)
            return source, _survey(source, inputs.pixel_sizes_um, rules, context)
        except OutOfStepError:
            continue
    # What is wrong, if anything, is told from the tables as a whole.
    source = WholeCells(inputs)
    return source, _survey(source, inputs.pixel_sizes_um, rules, context)


def _survey(
    source: CellSource, pixel_sizes_um: Mapping[str, float], rules: CellRules, context: Context
) -> Survey:
    has_size_rule = rules.size != "keep"
    image_ids: list[str] = []
    in_um, dropped = True, 0
    # Of each cell two numbers: its area in px, and in um2, as far as it is known.
    areas = [(np.empty(0), np.empty(0))]
    with context.track("survey", len(source.sizes)) as advance:
        for cells in source.read():
            dropped += cells.dropped
            images = cells.kept["image_id"].drop_duplicates()
            image_ids += images.tolist()
            in_um = in_um and bool(np.isfinite(find_pixel_sizes(images, pixel_sizes_um)).all())
            if has_size_rule:
                in_px = cells.kept["area_px"].to_numpy(np.float64)
                areas.append((in_px, in_px * find_pixel_sizes(cells.kept["image_id"], pixel_sizes_um) ** 2))
            advance(len(cells.image_ids))
    spread = None
    if has_size_rule:
        spread = measure_spread(np.concatenate([part[int(in_um)] for part in areas]))
    return Survey(np.array(sorted(image_ids), str), dropped, in_um, spread)
