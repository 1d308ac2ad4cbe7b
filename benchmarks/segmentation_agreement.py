"""Agreement of a segmenter's cells with a reference, and its time per field, on one thread.

Run from the top folder: ``python -m benchmarks.segmentation_agreement`` on 16 simulated fields of four cell
lines, or with ``--images FOLDER --masks FOLDER`` on fields with label images ``<ID>_cells.png``.
"""

import argparse
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from data.channels import CHANNELS
from data.compare.agreement import Agreement, compare_cells, pool_agreements
from data.fields.image_folder import find_fields
from data.masks.label_image import read_label_image
from data.simulate.field import FieldSettings, simulate_set_field
from models.segmenters.factory import create_segmenter

LabelledField = tuple[str, NDArray[Any], NDArray[np.uint16]]


def simulated_fields(channels: tuple[str, ...], count: int, seed: int) -> Iterator[LabelledField]:
    """Simulate fields of 1024 px with their true cells; the cell lines take turns."""
    settings = FieldSettings(shape=(1024, 1024), seed=seed)
    planes = [CHANNELS.index(channel) for channel in channels]
    for index in range(count):
        field = simulate_set_field(index, settings)
        yield f"simulated {index}", field.image[planes], field.cells


def stored_fields(channels: tuple[str, ...], images: Path, masks: Path) -> Iterator[LabelledField]:
    """Read the fields of a folder and their reference label images from another."""
    for field in find_fields(images):
        yield field.image_id, field.read(channels), read_label_image(masks / f"{field.image_id}_cells.png")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--segmenter", default="auto")
    parser.add_argument("--images", type=Path)
    parser.add_argument("--masks", type=Path)
    parser.add_argument("--fields", type=int, default=16)
    parser.add_argument("--seed", type=int, default=2026)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    segmenter = create_segmenter(options.segmenter)
    if options.images and options.masks:
        fields = stored_fields(segmenter.channels, options.images, options.masks)
    else:
        fields = simulated_fields(segmenter.channels, options.fields, options.seed)
    agreements: list[Agreement] = []
    seconds = []
    print(f"{segmenter.identity()}; cells match at IoU 0.6")
    for name, image, reference in fields:
        started = time.perf_counter()
        found = segmenter.segment(image, 0.08)
        seconds.append(time.perf_counter() - started)
        agreements.append(compare_cells(reference, found.cells))
        describe(name, agreements[-1], seconds[-1])
    describe("all, median time", pool_agreements(agreements), statistics.median(seconds))


def describe(name: str, agreement: Agreement, seconds: float) -> None:
    print(
        f"{name:40} F1 {agreement.f1:.3f}  {agreement.matched_cells} of {agreement.reference_cells} cells "
        f"({agreement.predicted_cells} found), mean IoU of these {agreement.mean_iou:.3f}, {seconds:.2f} s"
    )


if __name__ == "__main__":
    main()
