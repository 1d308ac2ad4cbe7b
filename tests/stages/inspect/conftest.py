"""A report of three small fields."""

import shutil
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from data.cells.cells_table import measure_cells, read_cells, write_cells
from data.channels import CHANNELS
from data.fields.image_folder import find_fields
from data.fields.images_table import write_images
from data.masks.label_image import write_label_image
from data.predictions.predictions_table import write_predictions
from pipeline.engines.local import LocalEngine
from stages.crops.paths import CropsInputs, CropsOutputs
from stages.crops.run import run as crop
from stages.crops.settings import CropsSettings
from stages.inspect.paths import InspectInputs

ENGINE = LocalEngine(workers=2)


@pytest.fixture(scope="session")
def three_fields(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three fields: two cells with predictions, none, one dropped; the third name needs quoting."""
    folder = tmp_path_factory.mktemp("three")
    (folder / "images").mkdir()
    rng = np.random.default_rng(0)
    tables = []
    for image_id, cells in (("a", 2), ("b", 0), ("c #1", 1)):
        labels = np.zeros((120, 160), np.uint16)
        for number in range(cells):
            cv2.circle(labels, (40 + 80 * number, 60), 35, number + 1, -1)
        for channel in CHANNELS:
            plane = rng.integers(20, 200, labels.shape, dtype=np.uint8)
            cv2.imwrite(str(folder / f"images/{image_id}_{channel}.png"), plane)
        for what in ("cells", "nuclei"):
            write_label_image(folder / f"masks/{image_id}_{what}.png", labels)
        tables.append(measure_cells(image_id, labels, labels))
    table = pd.concat(tables, ignore_index=True)
    write_cells(folder / "cells.parquet", table)
    images = [("a", 120, 160, 2), ("b", 120, 160, 0), ("c #1", 120, 160, 1)]
    columns = ["image_id", "image_height", "image_width", "cells"]
    write_images(folder / "images.parquet", pd.DataFrame(images, columns=columns))
    fields = find_fields(folder / "images")
    cells_path, tiles_path = folder / "cells.parquet", folder / "tiles.zarr"
    cropped = CropsInputs(fields, folder / "images", folder / "masks", cells_path, "key")
    crop(cropped, CropsOutputs(cells_path, tiles_path), CropsSettings(min_area_um2=0), ENGINE)
    table = read_cells(folder / "cells.parquet")
    table.loc[2, "dropped"] = "too dark"
    write_cells(folder / "cells.parquet", table)
    probabilities = np.full((2, 19), 0.01, np.float32)
    probabilities[0, 7], probabilities[1, 14] = 0.8, 0.7
    write_predictions(folder / "predictions.parquet", ["a", "a"], np.array([1, 2]), probabilities)
    return folder


@pytest.fixture
def inputs(three_fields: Path, tmp_path: Path) -> InspectInputs:
    """A report of these fields, in a folder of its own that tests may change."""
    shutil.copytree(three_fields, tmp_path, dirs_exist_ok=True)
    return InspectInputs(
        fields=find_fields(tmp_path / "images"),
        images_dir=tmp_path / "images",
        masks_dir=tmp_path / "masks",
        images_table_path=tmp_path / "images.parquet",
        cells_path=tmp_path / "cells.parquet",
        tiles_path=tmp_path / "tiles.zarr",
        predictions_path=tmp_path / "predictions.parquet",
    )
