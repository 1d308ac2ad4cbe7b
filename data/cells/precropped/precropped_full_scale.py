"""The white of pre-cropped cells whose files have 16 bits."""

from functools import partial
from typing import Literal

from data.cells.precropped.cell_stack import read_stack
from data.cells.precropped.precropped_index import PrecroppedIndex
from data.fields.bit_depth import FullScale, SampledFile, find_full_scale, tell_full_scale
from data.images.image_file import read_values

SAMPLED_CELLS = 64
"""Cells whose files are looked at: they are small."""


def find_cells_full_scale(cells: PrecroppedIndex, setting: int | Literal["auto"] = "auto") -> FullScale:
    """Return the white of the files of cells, one for all: the setting's, else by a sample; it is logged."""
    if setting != "auto":
        return FullScale(setting)
    step = max(1, len(cells) / SAMPLED_CELLS)
    chosen = cells.take(int(number * step) for number in range(min(len(cells), SAMPLED_CELLS)))
    files = {path: (channel, cell) for cell in chosen for channel, path in sorted(cell.files.items())}
    found = find_full_scale(
        [
            SampledFile(
                path,
                partial(read_stack, path, cell.order, cell.max_pixels)
                if channel == "all"
                else partial(read_values, path, cell.address),
                max_pixels=cell.max_pixels,
            )
            for path, (channel, cell) in files.items()
        ]
    )
    tell_full_scale(found, "cells of the index")
    return found
