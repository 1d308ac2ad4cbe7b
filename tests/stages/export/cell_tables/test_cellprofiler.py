"""CellProfiler's tables: each number against a plain computation, and pycytominer on them."""

import csv
import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from skimage.measure import regionprops

from data.cells.cells_table import measure_cells, write_cells
from data.errors import InputError
from data.fields.images_table import write_images
from data.predictions.predictions_table import write_predictions
from stages.export.paths import ExportInputs, ExportOutputs
from stages.export.run import run
from stages.export.settings import ExportSettings
from stages.stage import StageReport
from tests.factories.context import QuietContext
from tests.factories.exported import Exported

NAMES = ("Image", "Cells", "Nuclei", "SingleCells")


def export(inputs: ExportInputs, folder: Path, **settings: Any) -> StageReport:
    chosen = ExportSettings(format="cellprofiler", **settings)
    return run(inputs, ExportOutputs(folder), chosen, QuietContext())


def read(folder: Path) -> dict[str, pd.DataFrame]:
    return {name: pd.read_csv(folder / f"{name}.csv", keep_default_na=True) for name in NAMES}


@pytest.fixture
def segmented(tmp_path: Path) -> tuple[ExportInputs, np.ndarray]:
    """Three cells of a field that is not square, one of two parts with a hole; and a field without cells."""
    cells = np.zeros((23, 31), np.uint16)
    cells[2:9, 3:12], cells[4, 5], cells[15:17, 20:22] = 1, 0, 1
    cells[12:23, 0:6] = 2
    cells[0:5, 20:31] = 3
    nuclei = np.where((cells == 1) | (cells == 2), cells, 0)
    nuclei[:, 4:] = 0
    table = measure_cells("a b.c", nuclei, cells)
    table["dropped"] = ["", "", "too small"]
    table["mean_green"] = [0.25, np.nan, 0.5]
    inputs = ExportInputs(*(tmp_path / f"{name}.parquet" for name in ("cells", "images", "predictions")))
    write_cells(inputs.cells_path, table)
    fields = [("empty field", 23, 31, 0, np.nan), ("a b.c", 23, 31, 3, 0.08)]
    write_images(
        inputs.images_table_path,
        pd.DataFrame(fields, columns=["image_id", "image_height", "image_width", "cells", "pixel_size_um"]),
    )
    probabilities = np.random.default_rng(0).random((2, 19)).astype(np.float32)
    write_predictions(inputs.predictions_path, ["a b.c"] * 2, np.array([2, 1]), probabilities)
    return inputs, cells


def test_shapes_are_by_the_conventions_of_cellprofiler(
    segmented: tuple[ExportInputs, np.ndarray], tmp_path: Path
) -> None:
    inputs, cells = segmented
    report = export(inputs, tmp_path / "out", unpredicted=True)
    assert report.counts == {"images": 2, "cells": 3, "left out": 0}
    tables = read(tmp_path / "out")
    found = tables["Cells"].set_index("ObjectNumber")
    assert found.index.tolist() == [2, 1, 3]
    for region in regionprops(cells):
        row = found.loc[region.label]
        assert row["ImageNumber"] == 2
        assert (row["AreaShape_Center_Y"], row["AreaShape_Center_X"]) == pytest.approx(region.centroid)
        box = [row[f"AreaShape_BoundingBox{end}_{axis}"] for end in ("Minimum", "Maximum") for axis in "YX"]
        assert tuple(box) == region.bbox
        assert row["AreaShape_Area"] == region.area
        assert row["AreaShape_BoundingBoxArea"] == region.area_bbox
        assert row["AreaShape_Extent"] == pytest.approx(region.extent)
    assert found["Intensity_MeanIntensity_Green"].tolist()[1:] == [0.25, 0.5]
    assert np.isnan(found["Intensity_MeanIntensity_Green"].iloc[0])
    assert found.loc[1, "Intensity_IntegratedIntensity_Green"] == 0.25 * found.loc[1, "AreaShape_Area"]
    assert found["Metadata_Dropped"].tolist() == [0, 0, 1]
    assert np.isnan(found.loc[3, "Probability_Nucleoplasm"])
    assert np.isnan(found.loc[3, "Classify_Nucleoplasm"])
    assert tables["Nuclei"]["ObjectNumber"].tolist() == [2, 1]
    assert tables["Image"]["Metadata_ImageID"].tolist() == ["empty field", "a b.c"]
    assert tables["Image"]["Count_Cells"].tolist() == [0, 3]


def test_probabilities_calls_and_embeddings_of_every_cell(tmp_path: Path) -> None:
    made = Exported(tmp_path)
    inputs, labels = made.write(), tmp_path / "labels.csv"
    labels.write_text("ID,Label,Gene\nfield_1,0,@TP53\n'=2+5,7,\n")
    export(dataclasses.replace(inputs, labels_path=labels), tmp_path / "out")
    tables = read(tmp_path / "out")
    cells, single = tables["Cells"], tables["SingleCells"]
    probabilities = [name for name in cells if name.startswith("Probability_")]
    assert len(probabilities) == 19
    np.testing.assert_allclose(cells[probabilities], made.probabilities, rtol=1e-6)
    calls = cells[[name for name in cells if name.startswith("Classify_")]]
    np.testing.assert_array_equal(calls, made.probabilities >= 0.5)
    features = [name for name in single if name.startswith("Cells_feature_")]
    assert features[0] == "Cells_feature_0001"
    np.testing.assert_allclose(single[features], made.embedding, rtol=1e-6)
    # Tables of cells that were cut out elsewhere have no mask.
    assert cells["AreaShape_Center_X"].isna().all()
    assert not [name for name in single if "BoundingBoxM" in name or name.startswith("Cells_Location")]
    assert (single["Metadata_ObjectNumber"] == made.table["cell_id"].to_numpy()[made.order]).all()
    with (tmp_path / "out/Image.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["Metadata_ImageID"] for row in rows] == ["field_1", "NA", "'=2+5"]
    assert [row["Metadata_Gene"] for row in rows] == ["'@TP53", "", ""]


def test_a_damaged_mask_is_named(segmented: tuple[ExportInputs, np.ndarray], tmp_path: Path) -> None:
    inputs, _ = segmented
    table = pd.read_parquet(inputs.cells_path)
    table.loc[1, "rle"] = "x"
    write_cells(inputs.cells_path, table)
    with pytest.raises(InputError, match=r"cells\.parquet, row 2.*base64"):
        export(inputs, tmp_path / "out")
    assert not list(tmp_path.glob("out/*"))


def test_pycytominer_aggregates_and_normalises(tmp_path: Path) -> None:
    pycytominer = pytest.importorskip("pycytominer")
    made = Exported(tmp_path)
    inputs, labels = made.write(), tmp_path / "labels.csv"
    labels.write_text("ID,Label,Gene\nfield_1,0,TP53\nNA,7,KRAS\n'=2+5,7,KRAS\n")
    export(dataclasses.replace(inputs, labels_path=labels), tmp_path / "out")
    cells = pd.read_csv(tmp_path / "out/SingleCells.csv")
    by_gene = pycytominer.aggregate(cells, strata=["Metadata_Gene"])
    assert by_gene["Metadata_Gene"].tolist() == ["KRAS", "TP53"]
    images = made.table["image_id"].to_numpy()[made.order]
    expected = np.median(made.probabilities[images == "field_1"], axis=0)
    found = by_gene.filter(like="Cells_Probability_").iloc[1]
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    normalised = pycytominer.normalize(cells, method="standardize")
    features = normalised.filter(like="Cells_feature_")
    np.testing.assert_allclose(features.mean(), 0, atol=1e-6)
    assert {"Metadata_ImageID", "Metadata_ObjectNumber"} <= set(normalised)
