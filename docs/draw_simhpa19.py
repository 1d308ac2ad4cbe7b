"""Draw every class in every simulated cell line, for ``docs/simhpa19.md``.

Run from the top folder: ``.venv/bin/python docs/draw_simhpa19.py``
"""

import argparse
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import cv2
import numpy as np

from data.channels import CHANNELS
from data.labels.label_file import CLASS_NAMES
from data.simulate.field import simulate_set_field
from data.simulate.field_settings import FieldSettings
from data.simulate.geometry.cell_lines import CELL_LINES
from data.simulate.imaging.imaging_conditions import Optics
from data.simulate.labelling.image_labels import MITOTIC_SPINDLE

SEED, FIELD_PX, CUT_PX, SHOWN_PX = 19, 900, 544, 112
NAME_PX, HEAD_PX = 190, 26
TRIES = 4


def main() -> None:
    """Draw a row for each class and two pictures for each cell line: all channels, and the protein alone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("docs/simhpa19.jpg"))
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    with ProcessPoolExecutor(options.workers) as executor:
        rows = list(executor.map(_draw_class, range(len(CLASS_NAMES))))
    picture = np.vstack([_head(), *rows])
    cv2.imwrite(str(options.output), picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 74])


def _draw_class(label: int) -> np.ndarray:
    row = [_name(CLASS_NAMES[label])]
    for number in range(len(CELL_LINES)):
        row += _draw_cell(label, number)
    return np.hstack(row)


def _draw_cell(label: int, number: int) -> list[np.ndarray]:
    """Draw the cell nearest the middle of a field that shows the class: RGB composite, then green alone."""
    settings = FieldSettings(
        shape=(FIELD_PX, FIELD_PX),
        seed=SEED,
        negative_cells=0.0,
        mitotic_fraction=0.03,
        mitotic_elsewhere=0.0,
        optics=Optics(dim=0.0, saturated=0.0, out_of_focus=0.0),
    )
    best: tuple[float, np.ndarray] | None = None
    for attempt in range(TRIES):
        index = (label * len(CELL_LINES) + number) * TRIES + attempt
        field = simulate_set_field(index, settings, classes=(label,), cell_line=CELL_LINES[number])
        shown = [cell for cell, labels in enumerate(field.cell_labels, 1) if labels == (label,)]
        places = [np.argwhere(field.nuclei == cell).mean(axis=0) for cell in shown]
        for place in places:
            distance = float(np.hypot(*(place - FIELD_PX / 2)))
            if best is None or distance < best[0]:
                best = (distance, _cut(field.image, place))
        if best and (label != MITOTIC_SPINDLE or best[0] < (FIELD_PX - CUT_PX) / 2):
            break
    planes = np.zeros((4, SHOWN_PX, SHOWN_PX), np.uint8) if best is None else best[1]
    red, green, blue = (planes[CHANNELS.index(channel)] for channel in ("red", "green", "blue"))
    return [np.dstack([red, green, blue]), np.dstack([green] * 3)]


def _cut(image: np.ndarray, place: np.ndarray) -> np.ndarray:
    first = np.clip((place - CUT_PX / 2).astype(int), 0, FIELD_PX - CUT_PX)
    window = image[:, first[0] : first[0] + CUT_PX, first[1] : first[1] + CUT_PX]
    small = [cv2.resize(plane, (SHOWN_PX, SHOWN_PX), interpolation=cv2.INTER_AREA) for plane in window]
    brightest = [max(float(np.percentile(plane, 99.7)), 60.0) for plane in small]
    stretched = [np.minimum(plane * (255 / top), 255) for plane, top in zip(small, brightest, strict=True)]
    return np.stack(stretched).astype(np.uint8)


def _name(text: str) -> np.ndarray:
    panel = np.full((SHOWN_PX, NAME_PX, 3), 255, np.uint8)
    words, lines = text.split(), [""]
    for word in words:
        lines = [*lines[:-1], f"{lines[-1]} {word}".strip()] if len(lines[-1]) < 12 else [*lines, word]
    for row, line in enumerate(lines):
        cv2.putText(panel, line, (6, 40 + 20 * row), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (0, 0, 0), 1, cv2.LINE_AA)
    return panel


def _head() -> np.ndarray:
    panel = np.full((HEAD_PX, NAME_PX + 2 * SHOWN_PX * len(CELL_LINES), 3), 255, np.uint8)
    for number, line in enumerate(CELL_LINES):
        place = (NAME_PX + 2 * SHOWN_PX * number + 6, 18)
        cv2.putText(panel, line.name, place, cv2.FONT_HERSHEY_SIMPLEX, 0.5, (0, 0, 0), 1, cv2.LINE_AA)
    return panel


if __name__ == "__main__":
    main()
