"""The user's own masks, and masks that are edited by hand, through the command line."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from data.cells.cells_table import read_cells
from data.fields.image_folder import find_fields
from data.masks.label_image import read_label_image
from data.masks.rle import decode_mask
from data.tiles.tile_store import TileStore


@pytest.fixture(scope="module")
def images(simulated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two of the simulated fields."""
    folder = tmp_path_factory.mktemp("images")
    for field in find_fields(simulated)[:2]:
        for path in field.files.values():
            (folder / path.name).write_bytes(path.read_bytes())
    return folder


def check(work: Path) -> None:
    """Row, mask, string and tile show the same cell."""
    table, store = read_cells(work / "cells.parquet"), TileStore(work / "tiles.zarr")
    assert len(table) == len(store)
    for row, cell in enumerate(table.itertuples()):
        mask = read_label_image(work / f"masks/{cell.image_id}_cells.png") == cell.cell_id
        assert np.count_nonzero(mask) == cell.area_px
        np.testing.assert_array_equal(decode_mask(cell.rle, height=768, width=768), mask)
        side = max(cell.y1 - cell.y0, cell.x1 - cell.x0)
        assert store.cell_masks([row]).mean() == pytest.approx(cell.area_px / side**2, abs=0.03)


def test_own_masks_from_folder_to_report(hpacells, images: Path, simulated: Path, tmp_path: Path) -> None:
    for field in find_fields(images):
        cells = read_label_image(simulated / f"masks/{field.image_id}_cells.png")
        folder = tmp_path / "2021" / "hpa_cell_mask"
        folder.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(folder / f"{field.image_id}.npz", cells.astype(np.int32))
    done = hpacells("run", images, "--masks", tmp_path / "2021", "--work", tmp_path / "work")
    assert "nuclei found in the blue channel" in done.stderr + done.stdout
    check(tmp_path / "work")
    assert (tmp_path / "work/report/index.html").is_file()
    again = hpacells("segment", images, "--segmenter", tmp_path / "2021", "--work", tmp_path / "work2")
    assert "segmenter: masks" in again.stderr + again.stdout
    assert read_cells(tmp_path / "work/cells.parquet")["rle"].tolist() == (
        read_cells(tmp_path / "work2/cells.parquet")["rle"].tolist()
    )


def test_an_edited_mask_is_used_by_all_or_refused(hpacells, images: Path, tmp_path: Path) -> None:
    hpacells("segment", images, "--work", tmp_path, "--segmenter", "classical")
    hpacells("crops", images, "--work", tmp_path)
    path = sorted((tmp_path / "masks").glob("*_cells.png"))[0]
    before = len(read_cells(tmp_path / "cells.parquet"))
    edited = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    edited[edited == 2] = 0
    cv2.imwrite(str(path), edited)
    refused = hpacells("predict", "--work", tmp_path, "--model", "simhpa19", status=2)
    assert "was edited after its cells were measured" in refused.stderr
    done = hpacells("crops", images, "--work", tmp_path)
    assert "edited since they were segmented, measured again" in done.stderr + done.stdout
    # The table is the segment stage's again, not somebody's work.
    assert "was changed since it was written" not in done.stderr + done.stdout
    assert not (tmp_path / "changed").exists()
    assert len(read_cells(tmp_path / "cells.parquet")) == before - 1
    check(tmp_path)
    for command in ("segment", "crops"):
        arguments = ("--segmenter", "classical") if command == "segment" else ()
        again = hpacells(command, images, "--work", tmp_path, *arguments)
        assert f"{command}: done before, nothing changed" in again.stderr + again.stdout


def test_an_edit_in_colour_is_refused(hpacells, images: Path, tmp_path: Path) -> None:
    hpacells("segment", images, "--work", tmp_path, "--segmenter", "classical")
    path = sorted((tmp_path / "masks").glob("*_cells.png"))[0]
    labels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED).astype(np.uint8)
    cv2.imwrite(str(path), np.dstack([labels] * 3))
    refused = hpacells("crops", images, "--work", tmp_path, status=2)
    assert "in colour" in refused.stderr
    assert "Traceback" not in refused.stderr
