"""Pictures of what a classifier takes real cells for."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from data.atomic import atomic_write
from data.plots.composites import composite, protein_only, stretch_contrast
from data.plots.figure_file import write_figure
from data.tiles.tile_store import TileStore

_COLUMNS, _ROWS = 6, 4
_SIDE, _CAPTION = 192, 34


def draw_confusion(path: Path, confusion: NDArray[np.integer], names: Sequence[str]) -> None:
    """Draw a confusion matrix (k, k), truth down, prediction across: counts, shaded by share of the row."""
    figure = Figure(figsize=(1.6 + 1.1 * len(names), 1.2 + 0.9 * len(names)), layout="constrained")
    axes = figure.subplots()
    shares = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(confusion):
        colour = "white" if shares[row, column] > 0.6 else "black"
        axes.text(column, row, f"{count}\n{shares[row, column]:.0%}", ha="center", va="center", color=colour)
    places = range(len(names))
    axes.set_xticks(places, names, rotation=30, ha="right")
    axes.set_yticks(places, names)
    axes.set(xlabel="predicted", ylabel="true")
    write_figure(path, figure)


def choose_worst(
    truth: NDArray[np.integer], probabilities: NDArray[np.floating], most: int
) -> NDArray[np.intp]:
    """Choose the cells whose wrong class is most probable, in turns from each pair of true and wrong class.

    Parameters
    ----------
    truth
        (n,) places of the true classes.
    probabilities
        (n, k).
    most
        How many cells at most.
    """
    chosen = probabilities.argmax(axis=1)
    wrong = np.flatnonzero(chosen != truth)
    order = wrong[np.argsort(-probabilities[wrong, chosen[wrong]], kind="stable")]
    seen: dict[tuple[int, int], int] = {}
    turns = []
    for row in order.tolist():
        pair = int(truth[row]), int(chosen[row])
        turns.append(seen.get(pair, 0))
        seen[pair] = turns[-1] + 1
    return order[np.argsort(turns, kind="stable")][:most]


def draw_worst(
    path: Path,
    store: TileStore,
    rows: NDArray[np.integer],
    truth: NDArray[np.intp],
    probabilities: NDArray[np.floating],
    names: Sequence[str],
) -> None:
    """Draw the worst confusions: composite and protein alone, with true and predicted class.

    Parameters
    ----------
    store, rows
        (n,) the judged cells' rows in the tile store.
    truth, probabilities
        As ``choose_worst`` takes them.
    names
        (k,) of the classes.
    """
    worst = choose_worst(truth, probabilities, _COLUMNS * _ROWS)
    panel = np.full((_ROWS * (_SIDE + _CAPTION), _COLUMNS * 2 * _SIDE, 3), 255, np.uint8)
    for place, row in enumerate(worst.tolist()):
        tile = store.read(rows[[row]])[0]
        guess = int(probabilities[row].argmax())
        caption = (
            f"true {names[int(truth[row])]}",
            f"taken for {names[guess]} ({probabilities[row, guess]:.2f})",
        )
        y, x = (place // _COLUMNS) * (_SIDE + _CAPTION), (place % _COLUMNS) * 2 * _SIDE
        panel[y : y + _SIDE + _CAPTION, x : x + 2 * _SIDE] = _draw_cell(tile, caption)
    with atomic_write(path) as temporary:
        cv2.imwrite(str(temporary), panel[..., ::-1])


def _draw_cell(tile: NDArray[np.uint8], caption: Sequence[str]) -> NDArray[np.uint8]:
    stretched = stretch_contrast(tile)
    pictures = [
        cv2.resize(picture, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
        for picture in (composite(stretched), protein_only(stretched))
    ]
    drawn = np.full((_SIDE + _CAPTION, 2 * _SIDE, 3), 255, np.uint8)
    drawn[_CAPTION:] = np.hstack(pictures)
    for number, line in enumerate(caption):
        place = (4, 14 + 15 * number)
        cv2.putText(drawn, line, place, cv2.FONT_HERSHEY_SIMPLEX, 0.42, (0, 0, 0), 1, cv2.LINE_AA)
    return drawn
