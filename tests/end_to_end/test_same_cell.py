"""Tile, mask, table row and submission triple belong to the same cell.

Every simulated cell gets a grey value of its own, painted flat into the protein channel. Whatever part of the
image a tile, a mask, a row or a triple shows can then be told from its grey values.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from data.cells.cells_table import read_cells
from data.fields.image_folder import find_fields
from data.labels.label_file import NUM_CLASSES
from data.masks.label_image import read_label_image
from data.masks.rle import decode_mask
from data.predictions.predictions_table import write_predictions
from data.predictions.submission import read_submission
from data.tiles.tile_store import TileStore
from stages.combine.paths import CombineInputs, CombineOutputs
from stages.combine.run import run as combine
from stages.combine.settings import CombineSettings
from tests.factories.context import QuietContext

BACKGROUND = 1


def dominant(values: np.ndarray) -> int:
    """The most frequent grey value but the background's."""
    return int(np.bincount(values[values > BACKGROUND], minlength=256).argmax())


@pytest.fixture(scope="module")
def painted(hpacells, simulated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A work folder, segmented and cropped, whose images have painted cells; the images lie in ``images``."""
    work = tmp_path_factory.mktemp("painted")
    images = work / "images"
    shutil.copytree(simulated, images)
    fields = find_fields(images)
    cells = [read_label_image(images / "masks" / f"{field.image_id}_cells.png") for field in fields]
    counts = [int(labels.max()) for labels in cells]
    codes = iter(np.linspace(10, 250, sum(counts)).astype(np.uint8))
    for field, labels, count in zip(fields, cells, counts, strict=True):
        palette = np.array([BACKGROUND, *(next(codes) for _ in range(count))], np.uint8)
        cv2.imwrite(str(field.files["green"]), palette[labels])
    hpacells("segment", images, "--work", work)
    hpacells("crops", images, "--work", work, "--set", "crops.min_fraction_inside=0")
    return work


@pytest.fixture(scope="module")
def table(painted: Path) -> pd.DataFrame:
    return read_cells(painted / "cells.parquet")


@pytest.fixture(scope="module")
def codes(painted: Path, table: pd.DataFrame) -> list[int]:
    """What is painted where the label image has each row's cell: the truth that all else must agree with."""

    def read() -> Iterator[int]:
        for image_id, cell_id in zip(table["image_id"], table["cell_id"], strict=True):
            cells = read_label_image(painted / "masks" / f"{image_id}_cells.png")
            yield dominant(green(painted, image_id)[cells == cell_id])

    return list(read())


def green(work: Path, image_id: str) -> np.ndarray:
    return cv2.imread(str(work / "images" / f"{image_id}_green.png"), cv2.IMREAD_UNCHANGED)


def test_the_codes_tell_cells_apart(table: pd.DataFrame, codes: list[int]) -> None:
    assert len(table) >= 15
    # Cells that the segmenter split share a code; few do.
    assert len(set(codes)) > 0.8 * len(codes)


def test_tiles_show_their_rows_cell(painted: Path, codes: list[int]) -> None:
    store = TileStore(painted / "tiles.zarr")
    rows = np.arange(len(store))
    masks = store.cell_masks(rows)
    tiles = store.read(rows, ("green",))[:, 0]
    assert [dominant(tile[mask]) for tile, mask in zip(tiles, masks, strict=True)] == codes


def test_nucleus_masks_lie_in_their_cells(painted: Path) -> None:
    store = TileStore(painted / "tiles.zarr")
    rows = np.arange(len(store))
    assert not (store.nucleus_masks(rows) & ~store.cell_masks(rows)).any()
    assert store.nucleus_masks(rows).any(axis=(1, 2)).all()


def test_boxes_areas_and_intensities_are_of_their_rows_cell(painted: Path, table: pd.DataFrame) -> None:
    for row in table.to_dict("records"):
        image = green(painted, row["image_id"])
        mask = decode_mask(row["rle"], row["image_height"], row["image_width"])
        rows, columns = np.nonzero(mask)
        assert (row["y0"], row["y1"], row["x0"], row["x1"]) == (
            rows.min(),
            rows.max() + 1,
            columns.min(),
            columns.max() + 1,
        )
        assert row["area_px"] == mask.sum()
        assert row["mean_green"] == pytest.approx(image[mask].mean() / 255, abs=1e-4)


def test_mask_strings_are_of_their_rows_cell(painted: Path, table: pd.DataFrame, codes: list[int]) -> None:
    decoded = [
        dominant(green(painted, image_id)[decode_mask(rle, height, width)])
        for image_id, rle, height, width in table[
            ["image_id", "rle", "image_height", "image_width"]
        ].itertuples(index=False)
    ]
    assert decoded == codes


def test_triples_carry_what_was_predicted_for_their_cell(
    painted: Path, table: pd.DataFrame, codes: list[int], tmp_path: Path
) -> None:
    """A prediction that is read off each tile must come out beside the mask that shows the same cell."""
    store = TileStore(painted / "tiles.zarr")
    rows = np.arange(len(store))
    tiles, masks = store.read(rows, ("green",))[:, 0], store.cell_masks(rows)
    probabilities = np.zeros((len(rows), NUM_CLASSES), np.float32)
    for row in rows:
        code = dominant(tiles[row][masks[row]])
        probabilities[row, code % NUM_CLASSES] = code / 256
    # In any order: rows are joined by image and cell number, not by position.
    order = np.random.default_rng(0).permutation(len(rows))
    write_predictions(
        tmp_path / "predictions.parquet",
        table["image_id"].to_numpy()[order].tolist(),
        table["cell_id"].to_numpy()[order],
        probabilities[order],
    )
    inputs = CombineInputs(
        cells_path=painted / "cells.parquet",
        predictions_path=tmp_path / "predictions.parquet",
        images_table_path=painted / "images.parquet",
    )
    combine(inputs, CombineOutputs(tmp_path / "submission.csv"), CombineSettings(), QuietContext())
    submission = read_submission(tmp_path / "submission.csv")
    for triple in submission.triples.itertuples():
        image = submission.images.iloc[triple.image]
        mask = decode_mask(submission.masks[triple.mask], image["height"], image["width"])
        code = dominant(green(painted, image["image_id"])[mask])
        assert triple.label == code % NUM_CLASSES
        assert triple.confidence == pytest.approx(code / 256, rel=1e-5)
    assert len(submission.triples) == (table["dropped"] == "").sum() >= 15
