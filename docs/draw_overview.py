"""Draw the README's picture from the work folder of the demo: a field, its report page, a confusion matrix.

Run from the top folder after ``make demo``: ``.venv/bin/python docs/draw_overview.py work/demo``
"""

import argparse
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd

from data.cells.cells_table import read_cells
from data.fields.image_folder import find_fields
from data.images.grey_levels import to_uint8
from data.labels.label_file import CLASS_NAMES
from data.masks.label_image import read_label_image
from data.masks.rle import decode_mask
from data.plots.composites import composite, find_contrast, find_outlines, protein_only, stretch_contrast
from data.predictions.predictions_table import PROBABILITY_COLUMNS, read_predictions
from data.predictions.submission import read_rows
from data.tiles.tile_store import TileStore

mpl.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Rectangle

WIDTH, HEIGHT, DPI = 13.5, 5.0, 145
BOTTOM, SIDE = 0.29, 4.33
CARDS, MATCHED_IOU = 6, 0.6
RIGHT, WRONG, PAGE, INK, QUIET = "#0a7d55", "#d6189f", "#f6f7f8", "#1c1f22", "#62686e"
WRONG_ON_BLACK = "#ff4fd0"
SHORT_NAMES = {
    "Vesicles and punctate cytosolic patterns": "Vesicles",
    "Nucleoli fibrillar center": "Nucleoli fibr. center",
    "Endoplasmic reticulum": "Endoplasmic retic.",
    "Intermediate filaments": "Intermed. filaments",
}
NAMES = [SHORT_NAMES.get(name, name) for name in CLASS_NAMES]


def main() -> None:
    """Draw the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", type=Path)
    parser.add_argument("--images", type=Path, default=Path("work/demo-images/test"))
    parser.add_argument("--field", default="sim-2-00012", help="image ID of the field to draw")
    parser.add_argument("--output", type=Path, default=Path("docs/overview.jpg"))
    options = parser.parse_args()
    judged = judge_cells(options.work, options.images)
    cells = judged[judged["image_id"] == options.field]
    figure = plt.figure(figsize=(WIDTH, HEIGHT), facecolor="white")
    draw_field(add_axes(figure, 0.06, BOTTOM, SIDE), options, cells)
    draw_page(figure, options, cells)
    draw_confusion(figure, judged)
    figure.savefig(options.output, dpi=DPI, pil_kwargs={"quality": 84, "optimize": True})


def judge_cells(work: Path, images: Path) -> pd.DataFrame:
    """Join the kept cells of the test fields with their likeliest class and their true classes."""
    table = read_cells(work / "cells.parquet").reset_index(names="row")
    predictions = read_predictions(work / "predictions.parquet", embedding=False)
    joined = table[table["dropped"] == ""].merge(predictions, on=["image_id", "cell_id"])
    probabilities = joined[list(PROBABILITY_COLUMNS)].to_numpy(float)
    joined["likeliest"], joined["probability"] = probabilities.argmax(axis=1), probabilities.max(axis=1)
    truth = {
        (row.image_id, cell): labels
        for row in read_rows(images / "truth.csv")
        for cell, labels in match_truth(row, work / "masks" / f"{row.image_id}_cells.png").items()
    }
    keys = zip(joined["image_id"], joined["cell_id"], strict=True)
    joined["true"] = [truth.get(key, ()) for key in keys]
    joined = joined[joined["true"].map(len) > 0].copy()
    joined["right"] = [best in true for best, true in zip(joined["likeliest"], joined["true"], strict=True)]
    return joined


def match_truth(row: object, mask_file: Path) -> dict[int, tuple[int, ...]]:
    """Find the true classes of each segmented cell that matches a true one."""
    found = read_label_image(mask_file)
    areas = np.bincount(found.ravel())
    tokens = row.prediction_string.split()
    labels_by_mask: dict[str, list[int]] = {}
    for label, mask in zip(tokens[::3], tokens[2::3], strict=True):
        labels_by_mask.setdefault(mask, []).append(int(label))
    matched = {}
    for mask, labels in labels_by_mask.items():
        known = decode_mask(mask, row.height, row.width)
        overlap = np.bincount(found[known], minlength=len(areas))
        overlap[0] = 0
        cell = int(overlap.argmax())
        if overlap[cell] >= MATCHED_IOU * (known.sum() + areas[cell] - overlap[cell]):
            matched[cell] = tuple(labels)
    return matched


def add_axes(figure: Figure, left: float, bottom: float, side: float, height: float | None = None) -> Axes:
    """Add axes without ticks, placed in inches."""
    box = (left / WIDTH, bottom / HEIGHT, side / WIDTH, (height or side) / HEIGHT)
    axes = figure.add_axes(box)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    return axes


def write_title(figure: Figure, left: float, text: str) -> None:
    """Write the heading of a panel whose left edge is ``left`` inches from the figure's."""
    figure.text(left / WIDTH, 1 - 0.19 / HEIGHT, text, fontsize=12, weight="bold", color=INK, va="center")


def write_caption(figure: Figure, left: float, text: str) -> None:
    """Write the line below a panel."""
    figure.text(left / WIDTH, 0.14 / HEIGHT, text, fontsize=9, color=QUIET, va="center")


def draw_field(axes: Axes, options: argparse.Namespace, cells: pd.DataFrame) -> None:
    """Draw the field with its cells: white where the prediction is right, magenta where it is wrong."""
    field = next(field for field in find_fields(options.images) if field.image_id == options.field)
    axes.imshow(composite(stretch_contrast(to_uint8(field.read()))), interpolation="antialiased")
    right = dict(zip(cells["cell_id"], cells["right"], strict=True))
    outlines = find_outlines(read_label_image(options.work / "masks" / f"{options.field}_cells.png"))
    for outline in outlines:
        judged = outline.cell_id in right
        wrong = judged and not right[outline.cell_id]
        points = np.vstack([outline.points, outline.points[:1]])
        style = {"lw": 2.2 if wrong else 1.3, "ls": "-" if judged else (0, (3, 2))}
        axes.plot(*points.T, color=WRONG_ON_BLACK if wrong else "white", **style)
        if judged:
            write_number(axes, outline.points, outline.cell_id, wrong)
    height, width = axes.images[0].get_array().shape[:2]
    axes.set(xlim=(0, width), ylim=(height, 0))
    write_caption(axes.figure, 0.06, "white: right    magenta: wrong    dashed: cut by the border, left out")
    write_title(axes.figure, 0.06, "1  Cells are outlined,")


def write_number(axes: Axes, points: np.ndarray, number: int, wrong: bool) -> None:
    """Write a cell's number near the top of its outline."""
    place = (points[:, 0].mean(), points[:, 1].min() + 58)
    colour = WRONG_ON_BLACK if wrong else "white"
    box = {"facecolor": "black", "alpha": 0.55, "pad": 1.2, "linewidth": 0}
    axes.text(*place, f"{number}", color=colour, fontsize=9, weight="bold", ha="center", bbox=box)


def draw_page(figure: Figure, options: argparse.Namespace, cells: pd.DataFrame) -> None:
    """Draw the field's page of the report: two pictures of each cell, its class, right or wrong."""
    left, bottom, width, height = 4.6, BOTTOM, 4.2, SIDE
    page = add_axes(figure, left, bottom, width, height)
    page.set(xlim=(0, width), ylim=(0, height))
    style = {"boxstyle": "round,pad=0,rounding_size=0.08", "facecolor": PAGE, "edgecolor": "#c9ced3"}
    page.add_patch(FancyBboxPatch((0.01, 0.01), width - 0.02, height - 0.02, **style))
    page.text(
        0.14, height - 0.2, f"report/index.html#field/{options.field}", fontsize=8.5, color=QUIET, va="center"
    )
    page.plot((0.01, width - 0.01), (height - 0.37,) * 2, color="#c9ced3", lw=0.8)
    write_title(figure, left, "2  cut out and classified,")
    field = next(field for field in find_fields(options.images) if field.image_id == options.field)
    contrast = find_contrast(to_uint8(field.read()))
    store = TileStore(options.work / "tiles.zarr")
    write_caption(figure, left, "composite and protein alone; predicted class and its probability")
    for place, (_, cell) in enumerate(choose_cards(cells).iterrows()):
        column, row = place % 2, place // 2
        x, y = left + 0.18 + 2.04 * column, bottom + height - 1.73 - 1.29 * row
        draw_card(figure, (x, y), cell, stretch_contrast(store.read(np.array([cell["row"]]))[0], contrast))


def choose_cards(cells: pd.DataFrame) -> pd.DataFrame:
    """Choose the cells to show: the wrong ones, then whole cells of each class; ordered by number."""
    order = cells.assign(nth=cells.sort_values("touches_border").groupby("likeliest").cumcount())
    order = order.sort_values(["right", "touches_border", "nth"], kind="stable").head(CARDS)
    return order.sort_values("cell_id")


def draw_card(figure: Figure, corner: tuple[float, float], cell: pd.Series, tile: np.ndarray) -> None:
    """Draw a cell's tile, as composite and as protein alone, with a frame that says whether it is right."""
    side, gap = 0.89, 0.02
    colour = RIGHT if cell["right"] else WRONG
    for number, picture in enumerate((composite(tile), protein_only(tile))):
        axes = add_axes(figure, corner[0] + number * (side + gap), corner[1] + 0.37, side)
        axes.imshow(picture, interpolation="antialiased")
    frame = add_axes(figure, corner[0] - 0.03, corner[1] + 0.34, 2 * side + gap + 0.06, side + 0.06)
    frame.patch.set_alpha(0)
    frame.add_patch(Rectangle((0, 0), 1, 1, fill=False, edgecolor=colour, linewidth=3.5))
    first = f"{cell['cell_id']}  {NAMES[cell['likeliest']]}  {cell['probability']:.2f}"
    truth = "right" if cell["right"] else "wrong: it is " + ", ".join(NAMES[label] for label in cell["true"])
    mark = "✓" if cell["right"] else "✗"
    place = corner[0] / WIDTH
    figure.text(place, (corner[1] + 0.24) / HEIGHT, first, fontsize=9, color=INK, va="center")
    figure.text(place, (corner[1] + 0.07) / HEIGHT, f"{mark} {truth}", fontsize=9, color=colour, va="center")


def draw_confusion(figure: Figure, judged: pd.DataFrame) -> None:
    """Draw the likeliest class by the true one, of all cells of the test fields that show one class."""
    single = judged[judged["true"].map(len) == 1]
    matrix = np.zeros((len(NAMES), len(NAMES)), int)
    np.add.at(matrix, (single["true"].map(lambda labels: labels[0]), single["likeliest"]), 1)
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    left, side = 10.56, 2.85
    axes = add_axes(figure, left, BOTTOM + 0.17, side, SIDE - 0.17)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for row, column in np.argwhere(matrix > 0):
        ink = "white" if shares[row, column] > 0.55 else INK
        axes.text(column, row, matrix[row, column], ha="center", va="center", fontsize=7, color=ink)
    for number in range(len(NAMES)):
        axes.add_patch(Rectangle((number - 0.5,) * 2, 1, 1, fill=False, edgecolor=RIGHT, linewidth=1.1))
    labels = [f"{name}  {number}" for number, name in enumerate(NAMES)]
    axes.set_yticks(range(len(NAMES)), labels, fontsize=8.5)
    for label, count in zip(axes.get_yticklabels(), matrix.sum(axis=1), strict=True):
        label.set_color(INK if count else "#aab0b5")
    axes.set_xticks(range(len(NAMES)), range(len(NAMES)), fontsize=7.5)
    axes.tick_params(length=0, pad=2)
    axes.spines[:].set(visible=True, color="#c9ced3")
    write_caption(figure, 9.05, "rows: true class; columns: predicted class; cells of all test fields")
    write_title(figure, 9.05, "3  and checked against the truth")


if __name__ == "__main__":
    main()
