"""Draw the model card's picture of the lite segmenter: simulated fields that it was not trained on.

Run from the top folder: ``.venv/bin/python docs/draw_segmentation.py``
"""

import argparse
from pathlib import Path

import cv2
import numpy as np

from data.channels import CHANNELS
from data.compare.agreement import compare_cells
from data.plots.composites import draw_outlines, find_outlines, shrink, stretch_contrast
from data.segmenter_training.stains import STAINS
from data.simulate.field import FieldSettings, simulate_set_field
from data.simulate.geometry.cell_lines import CELL_LINES
from models.segmenters.factory import create_segmenter

SEED, SIDE, SHOWN = 2026, 1536, 480
KNOWN, FOUND = (255, 255, 255), (255, 0, 255)


def main() -> None:
    """Draw a field of each cell line: true outlines white, found ones magenta."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--segmenter", default="lite")
    parser.add_argument("--output", type=Path, default=Path("docs/lite-segmenter.jpg"))
    options = parser.parse_args()
    segmenter = create_segmenter(options.segmenter)
    panels = []
    for index, line in enumerate(CELL_LINES):
        field = simulate_set_field(index, FieldSettings(shape=(SIDE, SIDE), seed=SEED), cell_line=line)
        planes = field.image[[CHANNELS.index(stain) for stain in segmenter.channels]]
        found = segmenter.segment(planes).cells
        agreement = compare_cells(field.cells, found)
        print(f"{line.name}: F1 {agreement.f1:.3f}, mean IoU {agreement.mean_iou:.3f}")  # noqa: T201
        panels.append(_draw(field.image[[CHANNELS.index(stain) for stain in STAINS]], field.cells, found))
    half = len(panels) // 2
    picture = np.vstack([np.hstack(panels[:half]), np.hstack(panels[half:])])
    cv2.imwrite(str(options.output), picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 85])


def _draw(stains: np.ndarray, known: np.ndarray, found: np.ndarray) -> np.ndarray:
    picture = shrink(np.ascontiguousarray(np.moveaxis(stretch_contrast(stains), 0, 2)), SHOWN)
    picture = draw_outlines(picture, find_outlines(known), SHOWN / SIDE, KNOWN)
    return draw_outlines(picture, find_outlines(found), SHOWN / SIDE, FOUND)


if __name__ == "__main__":
    main()
