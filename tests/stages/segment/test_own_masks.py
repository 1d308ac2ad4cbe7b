"""Masks that users have already, in the place of a segmenter, and masks that were edited by hand."""

import json
import logging
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import pytest
import roifile
import tifffile
from typer.testing import CliRunner

from data.channels import CHANNELS
from data.errors import InputError
from data.masks.rle import decode_mask
from pipeline.cli import app

SHAPE = (60, 80)


def draw_cells(numbers: tuple[int, ...] = (1, 2, 3)) -> np.ndarray:
    cells = np.zeros(SHAPE, np.uint16)
    for number, (y, x) in zip(numbers, ((4, 5), (4, 40), (34, 20)), strict=True):
        cells[y : y + 20, x : x + 25] = number
    return cells


CELLS = draw_cells()
NUCLEI = np.where(cv2.erode(CELLS, np.ones((11, 11), np.uint8)) > 0, CELLS, 0).astype(np.uint16)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "images").mkdir()
    (tmp_path / "masks").mkdir()
    for channel in CHANNELS:
        stain = np.where(NUCLEI > 0, 200, 20) if channel == "blue" else np.where(CELLS > 0, 90, 5)
        cv2.imwrite(str(tmp_path / f"images/A1_{channel}.png"), stain.astype(np.uint8))
    return tmp_path


def segment(folder: Path, *options: object) -> str:
    arguments = ["segment", folder / "images", "--work", folder / "work", *options]
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if isinstance(result.exception, InputError):
        return str(result.exception)
    assert result.exit_code == 0, result.exception
    return ""


def run_masks(folder: Path) -> str:
    return segment(folder, "--masks", folder / "masks")


def found(folder: Path) -> np.ndarray:
    """Return the label image in the work folder, and check that the table is of it."""
    cells = cv2.imread(str(folder / "work/masks/A1_cells.png"), cv2.IMREAD_UNCHANGED)
    table = pd.read_parquet(folder / "work/cells.parquet")
    assert table["area_px"].tolist() == np.bincount(cells.ravel())[1:].tolist()
    for number, mask in zip(table["cell_id"], table["rle"], strict=True):
        assert np.array_equal(decode_mask(mask, *SHAPE), cells == number)
    return cells


def cellpose_seg(path: Path) -> None:
    np.save(path, np.array({"masks": CELLS, "outlines": CELLS, "filename": "A1.png"}), allow_pickle=True)


def geojson(path: Path) -> None:
    features = []
    for number in (1, 2, 3):
        y, x = (int(values.min()) for values in np.nonzero(number == CELLS))
        ring = [[x, y], [x + 25, y], [x + 25, y + 20], [x, y + 20], [x, y]]
        features.append(
            {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]}, "properties": {}}
        )
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))


def rois(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as file:
        for number in (1, 2, 3):
            y, x = (int(values.min()) for values in np.nonzero(number == CELLS))
            corners = [[x, y], [x + 25, y], [x + 25, y + 20], [x, y + 20]]
            file.writestr(f"{number}.roi", roifile.ImagejRoi.frompoints(corners).tobytes())


WRITERS: dict[str, Callable[[Path], Any]] = {
    "A1_cells.png": lambda path: cv2.imwrite(str(path), CELLS),
    "A1_mask.PNG": lambda path: path.write_bytes(cv2.imencode(".png", CELLS.astype(np.uint8))[1].tobytes()),
    "A1cell_mask.png": lambda path: cv2.imwrite(str(path), CELLS),
    "A1_cp_masks.tif": lambda path: tifffile.imwrite(path, CELLS),
    "A1.tiff": lambda path: tifffile.imwrite(path, CELLS.astype(np.int32)),
    "A1_masks.tif": lambda path: tifffile.imwrite(path, CELLS.astype(np.uint32)),
    "A1.ome.tif": lambda path: tifffile.imwrite(path, CELLS.astype(np.float32)),
    "A1.npy": lambda path: np.save(path, CELLS.astype(np.int64)),
    "A1.npz": lambda path: np.savez_compressed(path, CELLS),
    "hpa_cell_mask/A1.npz": lambda path: np.savez_compressed(path, CELLS),
    "A1_seg.npy": cellpose_seg,
    "A1.geojson": geojson,
    "A1_RoiSet.zip": rois,
}


def test_masks_that_lie_elsewhere_are_warned_of_once(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Upside down in two fields, which are segmented all the same; right in a third."""
    for channel in CHANNELS:
        for name in ("A2", "A3"):
            (folder / f"images/{name}_{channel}.png").write_bytes(
                (folder / f"images/A1_{channel}.png").read_bytes()
            )
    for name, cells in (("A1", CELLS[::-1]), ("A2", CELLS[::-1]), ("A3", CELLS)):
        cv2.imwrite(str(folder / f"masks/{name}_cells.png"), cells)
    assert run_masks(folder) == ""
    [warning] = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert warning.startswith("masks: of 2 fields, such as A1 (")
    assert "only if they are mirrored top to bottom" in warning
    assert json.loads((folder / "work/segment.json").read_text())["warnings"] == [warning]
    written = cv2.imread(str(folder / "work/masks/A1_cells.png"), cv2.IMREAD_UNCHANGED)
    assert np.array_equal(written, CELLS[::-1])


@pytest.mark.parametrize("name", WRITERS)
def test_cells_of_every_format(folder: Path, name: str) -> None:
    path = folder / "masks" / name
    path.parent.mkdir(exist_ok=True)
    WRITERS[name](path)
    assert run_masks(folder) == ""
    assert np.array_equal(found(folder), CELLS)
    nuclei = cv2.imread(str(folder / "work/masks/A1_nuclei.png"), cv2.IMREAD_UNCHANGED)
    # Made within the cells, of the blue channel.
    assert set(np.unique(nuclei)) == {0, 1, 2, 3}
    assert not (nuclei[CELLS == 0]).any()


def test_nuclei_of_their_own_numbers_take_those_of_their_cells(folder: Path) -> None:
    np.savez(folder / "masks/A1_cells.npz", CELLS)
    np.savez(folder / "masks/A1_nuclei.npz", np.array([0, 7, 3, 9])[NUCLEI])
    assert run_masks(folder) == ""
    nuclei = cv2.imread(str(folder / "work/masks/A1_nuclei.png"), cv2.IMREAD_UNCHANGED)
    assert np.array_equal(nuclei, NUCLEI)


def test_numbers_with_gaps_and_another_size_are_made_to_fit_and_told(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cv2.imwrite(str(folder / "masks/A1_cells.png"), draw_cells((3, 40, 600))[::2, ::2])
    with caplog.at_level(logging.INFO, logger="hpacells"):
        assert run_masks(folder) == ""
    assert np.array_equal(found(folder), np.repeat(np.repeat(CELLS[::2, ::2], 2, 0), 2, 1))
    assert "numbers with gaps, renumbered" in caplog.text
    assert "scaled to the image's size by nearest neighbour" in caplog.text


def refused(folder: Path) -> str:
    result = CliRunner().invoke(
        app,
        [
            str(part)
            for part in ("segment", folder / "images", "--work", folder / "work", "--masks", folder / "masks")
        ],
    )
    assert result.exit_code == 2 or isinstance(result.exception, InputError)
    manifest = folder / "work/segment.json"
    if isinstance(result.exception, InputError):
        return str(result.exception)
    return " ".join(failure["why"] for failure in json.loads(manifest.read_text())["failures"])


@pytest.mark.parametrize(
    ("name", "array", "told"),
    [
        ("A1.npy", CELLS[:, :40], "40 x 60 px, but the image is 80 x 60 px"),
        ("A1.npy", CELLS.T, "turned by 90 degrees it would fit"),
        ("A1.npy", CELLS / 3, "not whole"),
        ("A1.npy", CELLS.astype(np.int32) - 1, "negative"),
        ("A1.npy", (CELLS > 0).astype(np.uint8), "a binary mask"),
        ("A1.npy", np.stack([CELLS > 0, CELLS == 1]), "overlap"),
        ("A1.npy", np.full(SHAPE, np.nan), "not finite"),
        ("B1.npy", CELLS, "none of the 1 mask files fits a field: B1.npy"),
        ("A1_nuclei.npy", NUCLEI, "masks of the nuclei alone"),
    ],
)
def test_what_is_no_label_image_of_the_field_is_refused(
    folder: Path, name: str, array: np.ndarray, told: str
) -> None:
    np.save(folder / "masks" / name, array)
    assert told in refused(folder)


class Harmful:
    def __reduce__(self) -> tuple[Any, ...]:
        return print, ("run",)


def test_pickles_are_not_run(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.save(folder / "masks/A1.npy", np.array({"masks": Harmful()}), allow_pickle=True)
    assert "refused: its pickle uses" in refused(folder)
    assert "run" not in capsys.readouterr().out.split()


def test_two_masks_of_a_field_that_differ_are_refused(folder: Path) -> None:
    np.save(folder / "masks/A1.npy", CELLS)
    cv2.imwrite(str(folder / "masks/A1_cells.png"), np.roll(CELLS, 1, axis=1))
    assert "another mask than in" in refused(folder)


def test_a_changed_mask_is_noticed(folder: Path) -> None:
    np.save(folder / "masks/A1.npy", CELLS)
    run_masks(folder)
    changed = CELLS.copy()
    changed[changed == 2] = 0
    np.save(folder / "masks/A1.npy", changed)
    assert run_masks(folder) == ""
    assert found(folder).max() == 2


def edit(folder: Path, change: Callable[[np.ndarray], np.ndarray]) -> None:
    path = str(folder / "work/masks/A1_cells.png")
    cv2.imwrite(path, change(cv2.imread(path, cv2.IMREAD_UNCHANGED)))


def smaller(cells: np.ndarray) -> np.ndarray:
    cells[(cells == 1) & (np.arange(SHAPE[1]) < 15)] = 0
    return cells


def added(cells: np.ndarray) -> np.ndarray:
    cells[40:55, 60:75] = 900
    return cells


def removed(cells: np.ndarray) -> np.ndarray:
    cells[cells == 2] = 0
    return cells


@pytest.mark.parametrize("change", [smaller, added, removed, lambda cells: cells.astype(np.uint8)])
def test_an_edited_mask_is_measured_again_and_used_by_crops(
    folder: Path, change: Callable[[np.ndarray], np.ndarray]
) -> None:
    np.save(folder / "masks/A1.npy", CELLS)
    run_masks(folder)
    edit(folder, change)
    expected = change(CELLS.copy())
    result = CliRunner().invoke(
        app,
        ["crops", str(folder / "images"), "--work", str(folder / "work"), "--set", "crops.min_area_um2=0"],
    )
    assert result.exit_code == 0, result.exception
    cells = found(folder)
    assert np.array_equal(cells > 0, expected > 0)
    assert cells.max() == len(np.unique(expected)) - 1
    # Segmenting again leaves the edited mask as it is.
    run_masks(folder)
    assert np.array_equal(found(folder), cells)


def test_an_edited_mask_in_colours_is_refused(folder: Path) -> None:
    np.save(folder / "masks/A1.npy", CELLS)
    run_masks(folder)
    edit(folder, lambda cells: np.dstack([cells.astype(np.uint8)] * 3))
    result = CliRunner().invoke(app, ["crops", str(folder / "images"), "--work", str(folder / "work")])
    assert isinstance(result.exception, InputError)
    assert "A1_cells.png" in str(result.exception)
    assert "greyscale" in str(result.exception)
