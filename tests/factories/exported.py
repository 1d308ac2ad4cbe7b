"""Tables of a work folder to export: made-up cells of three fields with predictions and embeddings."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.cells.cells_table import write_cells
from data.fields.images_table import write_images
from data.labels.label_set import read_label_set
from data.predictions.called_classes import call_classes
from data.predictions.predictions_table import write_predictions
from stages.export.paths import ExportInputs
from tests.factories.cells_table import make_cells_table

IMAGES = ("field_1", "NA", "=2+5")


@dataclass
class Exported:
    """Tables of 90 cells: some are dropped and not predicted, one field has no pixel size.

    Attributes
    ----------
    folder
        Where they are written.
    width
        Numbers in an embedding; 0 for none.
    label_set
        Name of the label set.
    """

    folder: Path
    width: int = 60
    label_set: str = "hpa2021"
    count: int = 90
    table: pd.DataFrame = field(init=False)
    probabilities: NDArray[np.float32] = field(init=False)
    embedding: NDArray[np.float32] | None = field(init=False)
    order: NDArray[np.intp] = field(init=False)

    def __post_init__(self) -> None:
        random = np.random.default_rng(5)
        number = np.arange(self.count)
        corner = random.integers(0, 500, (2, self.count))
        self.table = make_cells_table(
            [IMAGES[row * len(IMAGES) // self.count] for row in number],
            image_height=600,
            image_width=700,
            y0=corner[0],
            x0=corner[1],
            y1=corner[0] + 21,
            x1=corner[1] + 40,
            area_px=500 + number,
            nucleus_area_px=100,
            dropped=["too small" if row % 10 == 3 else "" for row in number],
            mean_green=np.where(number % 7 == 0, np.nan, 0.25),
        )
        # In another order than the cells.
        self.order = random.permutation(np.flatnonzero(self.table["dropped"] == ""))
        names = read_label_set(self.label_set).names
        # Two groups of cells, which are far apart.
        group = self.order % 2
        self.probabilities = random.uniform(0, 0.4, (len(self.order), len(names))).astype(np.float32)
        self.probabilities[np.arange(len(group)), group * 7] = 0.9
        noise = random.normal(0, 1, (len(self.order), max(1, self.width)))
        self.embedding = (noise + 6 * group[:, None]).astype(np.float32) if self.width else None

    def write(self) -> ExportInputs:
        """Write the tables."""
        inputs = ExportInputs(
            self.folder / "cells.parquet", self.folder / "images.parquet", self.folder / "predictions.parquet"
        )
        write_cells(inputs.cells_path, self.table)
        sizes = [(name, 600, 700, 30, size) for name, size in zip(IMAGES, (0.08, 0.1, np.nan), strict=True)]
        columns = ["image_id", "image_height", "image_width", "cells", "pixel_size_um"]
        write_images(inputs.images_table_path, pd.DataFrame(sizes, columns=columns))
        chosen = self.table.iloc[self.order]
        write_predictions(
            inputs.predictions_path,
            chosen["image_id"].tolist(),
            chosen["cell_id"].to_numpy(),
            self.probabilities,
            self.embedding,
            class_names=read_label_set(self.label_set).names,
            labels=call_classes(self.probabilities, 0.5),
        )
        return inputs
