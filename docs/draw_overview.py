"""Draw the README's picture from the work folder of the demo.

Run from the top folder after ``make demo``: ``.venv/bin/python docs/draw_overview.py work/demo``
"""

import argparse
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd

from data.cells.cells_table import read_cells
from data.fields.field import Field, find_fields, to_uint8
from data.labels.label_file import CLASS_NAMES
from data.masks.label_image import read_label_image
from data.plots.composites import (
    composite,
    draw_outlines,
    find_contrast,
    find_outlines,
    shrink,
    stretch_contrast,
)
from data.predictions.predictions_table import PROBABILITY_COLUMNS, read_predictions
from data.tiles.tile_store import TileStore

mpl.use("Agg")
import matplotlib.pyplot as plt

FIELDS, CELLS, FIELD_SIZE = 4, 3, 480


def outline_cells(field: Field, masks: Path) -> np.ndarray:
    """Draw a field's composite with the cells that were found."""
    picture = shrink(composite(stretch_contrast(to_uint8(field.read()))), FIELD_SIZE)
    cells = read_label_image(masks / f"{field.image_id}_cells.png")
    return draw_outlines(picture, find_outlines(cells), FIELD_SIZE / max(cells.shape))


def main() -> None:
    """Draw the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", type=Path)
    parser.add_argument("--images", type=Path, default=Path("work/demo-images/test"))
    parser.add_argument("--first", type=int, default=0, help="number of the first field to draw")
    parser.add_argument("--output", type=Path, default=Path("docs/overview.jpg"))
    options = parser.parse_args()
    table = read_cells(options.work / "cells.parquet").reset_index(names="row")
    predictions = read_predictions(options.work / "predictions.parquet", embedding=False)
    joined = table.merge(predictions, on=["image_id", "cell_id"])
    joined = joined[joined["dropped"] == ""].sort_values("touches_border", kind="stable")
    store = TileStore(options.work / "tiles.zarr")
    fields = find_fields(options.images)[options.first :][:FIELDS]
    figure = plt.figure(figsize=(12, 4.5), facecolor="white")
    grid = figure.add_gridspec(2, FIELDS * CELLS, height_ratios=(3, 1), hspace=0.02, wspace=0.06)
    for column, field in enumerate(fields):
        axes = figure.add_subplot(grid[0, column * CELLS : (column + 1) * CELLS])
        axes.imshow(outline_cells(field, options.work / "masks"))
        axes.axis("off")
        contrast = find_contrast(to_uint8(field.read()))
        cells = joined[joined["image_id"] == field.image_id].head(CELLS)
        for number, (_, cell) in enumerate(cells.iterrows()):
            draw_cell(figure.add_subplot(grid[1, column * CELLS + number]), cell, store, contrast)
    figure.subplots_adjust(0.003, 0.075, 0.997, 0.998)
    figure.savefig(options.output, dpi=110, pil_kwargs={"quality": 85})


def draw_cell(axes: plt.Axes, cell: pd.Series, store: TileStore, contrast: np.ndarray) -> None:
    """Draw a cell's tile with its most probable class below it."""
    tile = store.read(np.array([cell["row"]]))[0]
    probabilities = cell[list(PROBABILITY_COLUMNS)].to_numpy(float)
    best = int(probabilities.argmax())
    name = CLASS_NAMES[best].replace(" and punctate cytosolic patterns", "").replace(" ", "\n", 1)
    axes.imshow(composite(stretch_contrast(tile, contrast)))
    text = f"{probabilities[best]:.2f} {name}"
    axes.text(
        0.5, -0.05, text, transform=axes.transAxes, ha="center", va="top", fontsize=7.5, linespacing=1.05
    )
    axes.axis("off")


if __name__ == "__main__":
    main()
