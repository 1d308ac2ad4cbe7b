"""Outlines, images and masks of fields for other programs, through the command line."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile

from data.cells.cells_table import read_cells
from data.channels import CHANNELS
from data.predictions.called_classes import call_classes
from data.predictions.predictions_table import write_predictions
from pipeline.runs.manifest import read_manifest
from pipeline.runs.work_folder import WorkFolder
from tests.factories.command_line import run_here
from tests.factories.exports.unusual_fields import CROWD, EMPTY, NAMES, ODD, UnusualFields
from tests.factories.work_folder import finish_stage

IDS = (ODD, CROWD, EMPTY)
FORMATS = {
    "geojson": sorted(f"{name}.geojson" for name in IDS),
    "ome-tiff": sorted(f"{name}.ome.tif" for name in IDS),
    "coco": ["annotations.json", "results.json"],
}


def cut_and_predict(fields: UnusualFields) -> None:
    """Cut the segmented fields, and write made-up predictions."""
    work = WorkFolder(fields.folder / "work")
    run_here("crops", fields.images, "--work", work.root)
    table = read_cells(work.cells)
    kept = table[table["dropped"] == ""]
    probabilities = np.random.default_rng(0).uniform(0, 1, (len(kept), len(NAMES))).astype(np.float32)
    write_predictions(
        work.predictions,
        kept["image_id"].tolist(),
        kept["cell_id"].to_numpy(),
        probabilities,
        labels=call_classes(probabilities, 0.5),
    )
    crops = read_manifest(work.manifest("crops"))
    assert crops is not None
    finish_stage(work, "predict", inputs={"crops": crops.output_key})


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[UnusualFields, Path]:
    """Fields with masks of their own, segmented, cut and predicted, and a copy of all their files."""
    folder = tmp_path_factory.mktemp("fields")
    fields = UnusualFields(folder / "made")
    masks, work = fields.folder / "own masks", WorkFolder(fields.folder / "work")
    for path in (fields.images, masks):
        path.mkdir(parents=True)
    for name in IDS:
        for kind, pixels in zip(("nuclei", "cells"), fields.labels[name], strict=True):
            cv2.imwrite(str(masks / f"{name}_{kind}.png"), pixels)
        for channel, plane in zip(CHANNELS, fields.image(name), strict=True):
            cv2.imwrite(str(fields.images / f"{name}_{channel}.png"), plane)
    run_here("segment", fields.images, "--masks", masks, "--work", work.root)
    cut_and_predict(fields)
    return fields, shutil.copytree(fields.folder, folder / "kept")


@pytest.fixture
def made(prepared: tuple[UnusualFields, Path]) -> UnusualFields:
    """The fields as they were first: the work folder knows where they lie, so that no other place will do."""
    fields, kept = prepared
    shutil.rmtree(fields.folder)
    shutil.copytree(kept, fields.folder)
    return fields


@pytest.fixture
def export(made: UnusualFields) -> Callable[..., str]:
    """Run the command."""

    def run(*words: object, status: int = 0) -> str:
        return run_here("export", made.folder / "work", *words, status=status)

    return run


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


@pytest.mark.parametrize("name", FORMATS)
def test_a_folder_elsewhere(made: UnusualFields, export: Callable[..., str], name: str) -> None:
    out = made.folder / "results of mine"
    assert "3 fields" in export("--format", name, "--output", out)
    assert names(out) == FORMATS[name]
    before = {path.name: path.read_bytes() for path in out.iterdir() if not path.name.startswith(".")}
    assert "done before, nothing changed" in export("--format", name, "--output", out)
    changed = out / FORMATS[name][0]
    changed.write_bytes(b"changed")
    (out / FORMATS[name][1]).unlink()
    told = export("--format", name, "--output", out)
    assert f"{changed} was changed since it was written" in told
    assert "is missing; it is made again" in told
    assert names(out) == FORMATS[name]
    if name != "ome-tiff":
        assert all((out / file).read_bytes() == content for file, content in before.items())
    else:
        tifffile.imread(changed)


def test_the_work_folder_is_the_default(made: UnusualFields, export: Callable[..., str]) -> None:
    for name in FORMATS:
        export("--format", name)
    assert names(made.folder / "work/export") == sorted(file for files in FORMATS.values() for file in files)
    for name in FORMATS:
        assert "done before, nothing changed" in export("--format", name)


@pytest.mark.parametrize("name", FORMATS)
def test_files_of_another_hand_are_not_replaced(
    made: UnusualFields, export: Callable[..., str], name: str
) -> None:
    out = made.folder / "out"
    out.mkdir()
    mine = out / FORMATS[name][1]
    mine.write_text("mine")
    told = export("--format", name, "--output", out, status=2)
    assert len(told.splitlines()) == 1
    assert str(mine) in told
    assert names(out) == [mine.name]
    assert mine.read_text() == "mine"


def test_an_image_that_is_gone_or_damaged_stops_no_other(
    made: UnusualFields, export: Callable[..., str]
) -> None:
    out = made.folder / "out"
    export("--format", "ome-tiff", "--output", out)
    for channel in CHANNELS:
        (made.images / f"{ODD}_{channel}.png").unlink()
    green = made.images / f"{CROWD}_green.png"
    green.write_bytes(green.read_bytes()[:500])
    told = export("--format", "ome-tiff", "--output", out, status=2)
    assert "1 fields, 2 failed" in told
    assert f"no image of the segmented field {ODD}" in told
    assert names(out) == [f"{EMPTY}.ome.tif"]
    manifest = json.loads((made.folder / "work/export-ome-tiff.json").read_text())
    assert {failure["where"] for failure in manifest["failures"]} == {ODD, CROWD}
    stamps = {Path(path).name: stamp for path, stamp in manifest["outputs"].items()}
    assert stamps[f"{ODD}.ome.tif"] == stamps[f"{CROWD}.ome.tif"] == "missing"
    # Outlines are of the masks alone.
    assert "3 fields" in export("--format", "geojson", "--output", out)


def test_outlines_lie_on_the_image(made: UnusualFields, export: Callable[..., str]) -> None:
    out = made.folder / "out"
    for name in ("geojson", "ome-tiff"):
        export("--format", name, "--output", out, "--set", "export.unpredicted=true")
    for name in IDS:
        cells = json.loads((out / f"{name}.geojson").read_text())["features"]
        with tifffile.TiffFile(out / f"{name}.ome.tif") as file:
            assert file.series[0].shape[1:] == made.labels[name][0].shape
        for feature in cells:
            ring = np.array(feature["geometry"]["coordinates"][0])
            y, x = np.nonzero(made.labels[name][1] == int(feature["properties"]["metadata"]["cell_id"]))
            assert ring.min() >= 0
            assert (ring.min(axis=0) == (x.min(), y.min())).all()
            # Of a cell of two parts the smaller one is not outlined.
            assert (ring.max(axis=0) <= (x.max() + 1, y.max() + 1)).all()


def test_files_of_fields_that_are_gone_are_removed(made: UnusualFields, export: Callable[..., str]) -> None:
    out = made.folder / "out"
    export("--format", "geojson", "--output", out)
    (out / "notes.geojson").write_text("mine")
    for path in made.images.glob(f"{CROWD}_*.png"):
        path.unlink()
    run_here("segment", made.images, "--masks", made.folder / "own masks", "--work", made.folder / "work")
    cut_and_predict(made)
    told = export("--format", "geojson", "--output", out)
    assert "removed the files of 1 fields that are not segmented any more" in told
    assert names(out) == sorted([f"{ODD}.geojson", f"{EMPTY}.geojson", "notes.geojson"])


@pytest.mark.parametrize("left_by", ["kill", "change"])
def test_files_of_gone_fields_that_are_left_are_told(
    made: UnusualFields, export: Callable[..., str], left_by: str
) -> None:
    out = made.folder / "out"
    export("--format", "geojson", "--output", out)
    export("--format", "ome-tiff", "--output", out)
    if left_by == "kill":
        # As an export leaves it that has just begun.
        (made.folder / "work/export-geojson.json").unlink()
    else:
        (out / f"{CROWD}.geojson").write_text("changed")
    for path in made.images.glob(f"{CROWD}_*.png"):
        path.unlink()
    run_here("segment", made.images, "--masks", made.folder / "own masks", "--work", made.folder / "work")
    cut_and_predict(made)
    told = export("--format", "geojson", "--output", out)
    assert (
        f"files of 1 fields that are not segmented any more are left, such as {out / CROWD}.geojson" in told
    )
    assert f"{CROWD}.geojson" in names(out)
    # Those of another format are its own.
    assert f"{CROWD}.ome.tif" in names(out)
    assert "are left" not in export("--format", "ome-tiff", "--output", out)
