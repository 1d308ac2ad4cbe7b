"""Segmented fields of unusual make with predictions, for exports that hold images, masks or outlines."""

from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.cells.cells_table import measure_cells, write_cells
from data.channels import CHANNELS
from data.fields.field import Field
from data.fields.images_table import write_images
from data.labels.label_set import read_label_set
from data.predictions.called_classes import call_classes
from data.predictions.predictions_table import write_predictions
from stages.export.paths import ExportInputs

ODD, CROWD, EMPTY, PLAIN = "odd 1.b", "crowd", "none.at all", "NA"
PIXEL_SIZES = {ODD: 0.1, CROWD: 0.08, EMPTY: 0.08, PLAIN: np.nan}
NAMES = read_label_set("hpa2021").names


def draw_odd() -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    """Draw cells (61, 97): 1 of two parts, 2 with a hole, 3 at the border, 4 a pixel, 5 touching corners.

    Cells 4 and 6 have no nucleus, and that of cell 1 lies in its smaller part.
    """
    cells, nuclei = np.zeros((2, 61, 97), np.uint16)
    cells[5:25, 5:25] = cells[30:36, 8:14] = 1
    nuclei[31:34, 9:12] = 1
    cells[5:30, 40:70] = 2
    cells[12:18, 50:58] = 0
    nuclei[20:26, 45:55] = 2
    cells[45:61, 80:97] = 3
    nuclei[50:61, 90:97] = 3
    cells[40, 40] = 4
    cells[50:56, 56:62] = 5
    # Holes that touch at a corner, and a staircase of pixels that touch at corners alone.
    cells[52:54, 58:60] = cells[51, 57] = 0
    for step in range(6):
        cells[49 - step, 55 - step] = 5
    nuclei[50, 57:60] = 5
    cells[0, 30:36] = cells[1, 35] = 6
    return nuclei, cells


def draw_crowd() -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    """Draw 300 cells (301, 400) that lie side by side."""
    y, x = np.mgrid[:300, :400]
    cells = np.zeros((301, 400), np.uint16)
    cells[:300] = y // 20 * 20 + x // 20 + 1
    nuclei = np.zeros_like(cells)
    nuclei[:300] = cells[:300] * ((y % 20 > 5) & (y % 20 < 12) & (x % 20 > 5) & (x % 20 < 14))
    return nuclei, cells


@dataclass
class UnusualFields:
    """Fields with images in ``images/`` and all that a work folder has of them.

    Attributes
    ----------
    folder
        Where they are written.
    labels
        ID -> nuclei and cells (H, W).
    table, probabilities
        The cells, and what is predicted of those that are not dropped, in another order.
    """

    folder: Path
    labels: dict[str, tuple[NDArray[np.uint16], NDArray[np.uint16]]] = field(default_factory=dict)
    dtype: type = np.uint8

    def __post_init__(self) -> None:
        empty = np.zeros((2, 33, 80), np.uint16)
        plain = np.zeros((2, 40, 40), np.uint16)
        plain[:, 10:20, 10:20], plain[1, 25:38, 5:30] = 1, 2
        self.labels = self.labels or {
            ODD: draw_odd(),
            CROWD: draw_crowd(),
            EMPTY: (empty[0], empty[1]),
            PLAIN: (plain[0], plain[1]),
        }
        self.fields = [
            Field(name, {channel: self.images / f"{name}_{channel}.png" for channel in CHANNELS})
            for name in self.labels
        ]
        tables = [measure_cells(name, *labels) for name, labels in self.labels.items()]
        self.table = pd.concat(tables, ignore_index=True)
        self.table.loc[self.table["cell_id"] == 3, "dropped"] = "too small"
        random = np.random.default_rng(3)
        self.order = random.permutation(np.flatnonzero(self.table["dropped"] == ""))
        self.probabilities = random.uniform(0, 0.4, (len(self.order), len(NAMES))).astype(np.float32)
        self.probabilities[np.arange(len(self.order)), self.order % len(NAMES)] = 0.9
        # Of two classes, and of none.
        self.probabilities[0, :2], self.probabilities[1] = 0.8, 0.005

    @property
    def images(self) -> Path:
        """The folder of the images."""
        return self.folder / "images"

    def image(self, name: str) -> NDArray[np.unsignedinteger]:
        """Return the image (4, H, W) of a field."""
        random = np.random.default_rng(len(name))
        return random.integers(0, 2 ** (8 * self.dtype(0).itemsize), (4, *self.labels[name][0].shape)).astype(
            self.dtype
        )

    def write(self) -> ExportInputs:
        """Write images, label images and tables."""
        masks = self.folder / "work/masks"
        masks.mkdir(parents=True)
        self.images.mkdir()
        for name, labels in self.labels.items():
            for kind, pixels in zip(("nuclei", "cells"), labels, strict=True):
                cv2.imwrite(str(masks / f"{name}_{kind}.png"), pixels)
            for channel, plane in zip(CHANNELS, self.image(name), strict=True):
                cv2.imwrite(str(self.images / f"{name}_{channel}.png"), plane)
        work = masks.parent
        inputs = ExportInputs(
            work / "cells.parquet",
            work / "images.parquet",
            work / "predictions.parquet",
            fields=self.fields,
            images_dir=self.images,
            masks_dir=masks,
        )
        write_cells(inputs.cells_path, self.table)
        sizes = [
            (name, *labels[0].shape, int(labels[1].max()), PIXEL_SIZES.get(name, np.nan))
            for name, labels in self.labels.items()
        ]
        columns = ["image_id", "image_height", "image_width", "cells", "pixel_size_um"]
        write_images(inputs.images_table_path, pd.DataFrame(sizes, columns=columns))
        chosen = self.table.iloc[self.order]
        write_predictions(
            inputs.predictions_path,
            chosen["image_id"].tolist(),
            chosen["cell_id"].to_numpy(),
            self.probabilities,
            class_names=NAMES,
            labels=call_classes(self.probabilities, 0.5),
        )
        return inputs
