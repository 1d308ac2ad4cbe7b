"""Looking at weights on a user's own images, outside any work folder."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from data.errors import InputError
from data.fields.image_folder import find_fields
from stages.stage import Context

if TYPE_CHECKING:
    from stages.weights.check import RuntimeFidelity


def check_weights(
    network: str, images: Path, count: int, segmenter: str, runtimes: Sequence[str], context: Context
) -> "list[RuntimeFidelity]":
    """Compare the runtimes of a classifier on cells of some fields of a folder.

    Parameters
    ----------
    network
        Name or folder of the classifier.
    images, count
        The folder, and how many of its fields are used, evenly chosen.
    segmenter
        Name of what finds the cells.
    runtimes
        Names; none for all that this machine has. The reference is always among them.

    Raises
    ------
    InputError
        There is no such classifier, segmenter or runtime, a field cannot be read, or fields are too few.
    """
    from data.tiles.field_tiles import FieldTiles, crop_cells
    from models.classifiers.cell_classifier import load_classifier
    from models.runtimes.names import resolve_runtime
    from models.segmenters.field_segmenter import load_segmenter
    from stages.weights.check import REFERENCE, check_runtimes, list_runtimes

    names = [REFERENCE, *(name for name in runtimes if name != REFERENCE)] if runtimes else list_runtimes()
    names = list(dict.fromkeys(map(resolve_runtime, names)))
    # Before the fields are segmented, for its weights may be missing.
    preset = load_classifier(network).tile_preset
    fields = find_fields(images)
    if len(fields) < 2:
        raise InputError(
            found=f"{len(fields)} fields", where=images, expected="two or more", advice="give a larger folder"
        )
    finder = load_segmenter(segmenter)
    numbers = np.linspace(0, len(fields) - 1, min(count, len(fields))).astype(int)
    chosen = [fields[number] for number in numbers]

    tiles: list[FieldTiles] = []
    with context.track("segment", len(chosen)) as advance:
        for field in chosen:
            tiles.append(crop_cells(field, finder.segment_field(field), preset=preset))
            advance(1)
    cells = sum(int((cut.table["dropped"] == "").sum()) for cut in tiles[1:])
    with context.track("check", cells * len(names)) as advance:
        return check_runtimes(lambda name: load_classifier(network, runtime=name), tiles, names, advance)
