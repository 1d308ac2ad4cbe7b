"""Time of cutting the cells of a field, beside cutting each cell out of a masked copy of the whole image.

Run from the top folder: ``python -m benchmarks.crops``
"""

import argparse
import statistics
import time
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.rle import draw_cells
from data.cells.cells_table import measure_cells
from data.tiles.cutting.cropping import crop_boxes, resize_square
from data.tiles.tile_presets import PRESETS

Cut = Callable[[NDArray[np.uint8], NDArray[np.uint16]], NDArray[np.uint8]]


def cut_by_copies(image: NDArray[np.uint8], cells: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """Cut cells the plain way, as notebooks do: of each a masked copy of the image, its box, pad, resize."""
    tiles = []
    for cell_id in range(1, int(cells.max()) + 1):
        mask = cells == cell_id
        masked = image.copy()
        masked[:, ~mask] = 0
        rows, columns = np.nonzero(mask)
        y0, y1, x0, x1 = rows.min(), rows.max() + 1, columns.min(), columns.max() + 1
        top, left, side = PRESETS["cell"].find_square(np.array([y0, x0, y1, x1]), 0.08)
        square = np.zeros((4, side, side), np.uint8)
        square[:, y0 - top : y1 - top, x0 - left : x1 - left] = masked[:, y0:y1, x0:x1]
        tiles.append([resize_square(plane) for plane in square])
    return np.array(tiles)


def cut_with_hpacells(image: NDArray[np.uint8], cells: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """Measure the boxes as the segment stage does once, then cut: masks of cell and nucleus come along."""
    table = measure_cells("field", cells, cells)
    boxes = table[["y0", "x0", "y1", "x1"]].to_numpy()
    return crop_boxes(image, cells, cells, table["cell_id"].to_numpy(), boxes).tiles


def time_call(cut: Cut, image: NDArray[np.uint8], cells: NDArray[np.uint16]) -> float:
    start = time.perf_counter()
    cut(image, cells)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=2048)
    parser.add_argument("--cells", type=int, default=40)
    parser.add_argument("--runs", type=int, default=7)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    cells = draw_cells(options.size, options.cells, seed=1)
    noise = np.random.default_rng(1).integers(0, 256, (4, options.size, options.size), dtype=np.uint8)
    if not np.array_equal(cut_by_copies(noise, cells), cut_with_hpacells(noise, cells)):
        parser.error("the two do not give the same tiles")
    pairs = [
        (time_call(cut_by_copies, noise, cells), time_call(cut_with_hpacells, noise, cells))
        for _ in range(options.runs)
    ]
    plain, ours = (statistics.median(times) / options.cells for times in zip(*pairs, strict=True))
    ratio = statistics.median(one / other for one, other in pairs)
    print(f"{options.size} px, {options.cells} cells, medians of {options.runs} paired runs; same tiles")
    print(f"whole-image copies  {plain * 1e3:8.2f} ms per cell")
    print(f"hpacells            {ours * 1e3:8.2f} ms per cell, with boxes, mask strings and both masks")
    print(f"ratio               {ratio:8.1f}x")


if __name__ == "__main__":
    main()
