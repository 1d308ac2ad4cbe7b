"""Time and agreement of labelling cells fast, beside doing it exactly, and beside hpacellseg itself.

Run from the top folder: ``python -m benchmarks.label_cells``
"""

import argparse
import importlib
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from data.compare.agreement import Agreement, compare_cells, pool_agreements
from data.fields.downscaling import WORKING_PIXEL_UM
from data.fields.field import REFERENCE_PIXEL_SIZE_UM
from data.simulate.field import FieldSettings, simulate_set_field
from data.simulate.geometry.cell_lines import CELL_LINES
from data.simulate.predictions import predict_labels
from models.segmenters.dpn_unet.labelling.label_cells import label_cells
from models.segmenters.hpacellseg.repairs import repaired_calls

Predictions = tuple[NDArray[np.uint8], NDArray[np.uint8]]
Labels = tuple[NDArray[np.integer], NDArray[np.integer]]

FACTOR = round(WORKING_PIXEL_UM / REFERENCE_PIXEL_SIZE_UM)


def read_cases(folder: Path) -> Iterator[tuple[str, Predictions]]:
    """Read full-size predictions ``<case>_nuclei_pred.png`` and ``<case>_cell_pred.png``."""
    for path in sorted(folder.glob("*_nuclei_pred.png")):
        case = path.name.removesuffix("_nuclei_pred.png")
        pair = (cv2.imread(str(folder / f"{case}_{what}_pred.png"), -1) for what in ("nuclei", "cell"))
        nuclei, cells = (np.asarray(image, np.uint8) for image in pair)
        yield case, (nuclei, cells)


def simulate_cases(size: int) -> Iterator[tuple[str, Predictions]]:
    """Simulate a field of each cell line, and predictions from its known cells."""
    for line in CELL_LINES:
        field = simulate_set_field(0, FieldSettings(shape=(size, size)), cell_line=line)
        nuclei, cells = (enlarge(predict_labels(labels, FACTOR)) for labels in (field.nuclei, field.cells))
        yield f"simulated, {line.name}", (nuclei, cells)


def enlarge(prediction: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Enlarge a prediction to full size as hpacellseg does."""
    height, width = prediction.shape[:2]
    resized = cv2.resize(prediction, (width * FACTOR, height * FACTOR), interpolation=cv2.INTER_AREA)
    return np.asarray(resized, np.uint8)


def reduce(prediction: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Reduce a prediction to the network's resolution."""
    height, width = prediction.shape[:2]
    resized = cv2.resize(prediction, (width // FACTOR, height // FACTOR), interpolation=cv2.INTER_AREA)
    return np.asarray(resized, np.uint8)


def label_as_the_package(checkout: Path, nuclei: NDArray[np.uint8], cells: NDArray[np.uint8]) -> Labels:
    """Label cells with hpacellseg's own code, with the calls repaired that fail today."""
    if str(checkout) not in sys.path:
        sys.path.insert(0, str(checkout))
    modules = (importlib.import_module(f"hpacellseg.{name}") for name in ("cellsegmentator", "utils"))
    segmentator_module, labelling_module = modules
    with repaired_calls(segmentator_module, labelling_module):
        return labelling_module.label_cell(nuclei, cells)


def time_call(call: Callable[[], Labels]) -> tuple[float, Labels]:
    start = time.perf_counter()
    labels = call()
    return time.perf_counter() - start, labels


def measure(
    predictions: Predictions, runs: int, checkout: Path | None
) -> tuple[dict[str, list[float]], Agreement]:
    """Time every way in turn, and compare the fast cells with the exact ones."""
    shape = predictions[0].shape[:2]
    small = [reduce(prediction) for prediction in predictions]
    ways: dict[str, Callable[[], Labels]] = {
        "fast": partial(label_cells, *small, pixel_size_um=WORKING_PIXEL_UM, output_shape=shape),
        "exact": partial(label_cells, *predictions, exact=True),
    }
    if checkout:
        ways["hpacellseg"] = partial(label_as_the_package, checkout, *predictions)
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    cells = {}
    for _ in range(runs):
        for name, way in ways.items():
            taken, (_, cells[name]) = time_call(way)
            seconds[name].append(taken)
    agreement = compare_cells(cells["exact"], cells["fast"])
    print(f"  {agreement.matched_cells} of {agreement.reference_cells} cells matched, ", end="")
    print(f"{agreement.predicted_cells} found, mean IoU {agreement.mean_iou:.3f};", end=" ")
    print(", ".join(f"{name} {statistics.median(times):.3f} s" for name, times in seconds.items()))
    return seconds, agreement


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--cases", type=Path, help="folder of <case>_nuclei_pred.png and <case>_cell_pred.png"
    )
    parser.add_argument("--reference", type=Path, help="checkout of HPA-Cell-Segmentation to time as well")
    parser.add_argument("--size", type=int, default=2048, help="side of the simulated fields in px")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    cases = read_cases(options.cases) if options.cases else simulate_cases(options.size)
    agreements = []
    paired: dict[str, list[float]] = {}
    for case, predictions in cases:
        print(f"{case}, {predictions[0].shape[0]} px")
        seconds, agreement = measure(predictions, options.runs, options.reference)
        agreements.append(agreement)
        for name, times in seconds.items():
            ratios = [other / fast for fast, other in zip(seconds["fast"], times, strict=True)]
            paired.setdefault(name, []).extend(ratios)
    pooled = pool_agreements(agreements)
    print(f"all: {pooled.matched_cells} of {pooled.reference_cells} cells matched, ", end="")
    print(f"{pooled.predicted_cells} found, mean IoU {pooled.mean_iou:.3f}")
    for name, ratios in paired.items():
        if name != "fast":
            print(f"fast is {statistics.median(ratios):.1f}x as fast as {name} ", end="")
            print(f"(least {min(ratios):.1f}x, median of {len(ratios)} pairs)")


if __name__ == "__main__":
    main()
