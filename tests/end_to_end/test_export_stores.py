"""OME-Zarr, SpatialData and single-cell images for other programs, through the command line."""

import json
import shutil
from pathlib import Path

import pytest

from data.channels import CHANNELS
from data.text.hashed_json import read_hashed
from pipeline.runs.work_folder import WorkFolder
from tests.factories.command_line import run_here
from tests.factories.exports.predicted_work import segment_and_predict
from tests.factories.exports.unusual_fields import CROWD, EMPTY, ODD, UnusualFields

IDS = (ODD, CROWD, EMPTY)
FORMATS = {
    "ome-zarr": sorted(f"{name}.ome.zarr" for name in IDS),
    "spatialdata": ["spatialdata.zarr"],
    "h5sc": ["cells.h5sc"],
}
STORES = [name for name in FORMATS if name != "h5sc"]


@pytest.fixture(scope="module")
def predicted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = UnusualFields(tmp_path_factory.mktemp("stores"))
    segment_and_predict(made, IDS)
    return made.folder


@pytest.fixture
def work(predicted: Path, tmp_path: Path) -> WorkFolder:
    """A work folder of its own for each test; the images lie where they were segmented."""
    shutil.copytree(predicted / "work", tmp_path / "work")
    return WorkFolder(tmp_path / "work")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


@pytest.mark.parametrize("name", FORMATS)
def test_a_folder_elsewhere(work: WorkFolder, tmp_path: Path, name: str) -> None:
    pytest.importorskip("h5py")
    out = tmp_path / "results of mine"
    run_here("export", work.root, "--format", name, "--output", out)
    assert names(out) == FORMATS[name]
    assert not [path for path in out.iterdir() if path.name not in (*FORMATS[name], ".written.json")]
    assert read_hashed(out / ".written.json") == dict.fromkeys(FORMATS[name], "export")
    assert "done before, nothing changed" in run_here("export", work.root, "--format", name, "--output", out)


def test_the_work_folder_is_the_default(work: WorkFolder) -> None:
    pytest.importorskip("h5py")
    for name in FORMATS:
        run_here("export", work.root, "--format", name)
    assert names(work.root / "export") == FORMATS["ome-zarr"]
    assert (work.root / "spatialdata.zarr/zarr.json").is_file()
    for name in FORMATS:
        assert "done before, nothing changed" in run_here("export", work.root, "--format", name)


@pytest.mark.parametrize("name", STORES)
@pytest.mark.parametrize("inside", [True, False])
def test_a_folder_of_another_hand_is_left_alone(
    work: WorkFolder, tmp_path: Path, name: str, inside: bool
) -> None:
    out = work.root / "export" if inside else tmp_path / "out"
    mine = out / FORMATS[name][0]
    words = ("export", work.root, "--format", name, "--output", out)
    mine.mkdir(parents=True)
    (mine / "notes.txt").write_text("mine")
    told = run_here(*words, status=2)
    assert len(told.splitlines()) == 1
    assert f"{mine}: a folder with what hpacells did not write" in told
    shutil.rmtree(mine)
    run_here(*words)
    # Also where hpacells had a store of this name, which somebody has replaced.
    shutil.rmtree(mine)
    mine.mkdir()
    (mine / "notes.txt").write_text("mine")
    assert "did not write" in run_here(*words, status=2)
    shutil.rmtree(mine)
    run_here(*words)
    (mine / "notes.txt").write_text("mine")
    assert "notes.txt, which hpacells did not write" in run_here(*words, status=2)
    assert (mine / "notes.txt").read_text() == "mine"
    assert (mine / "zarr.json").is_file()


@pytest.mark.parametrize("name", STORES)
def test_what_was_changed_is_made_again(work: WorkFolder, tmp_path: Path, name: str) -> None:
    out = tmp_path / "out"
    words = ("export", work.root, "--format", name, "--output", out)
    run_here(*words)
    store = out / FORMATS[name][0]
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    chunk = next(path for path in sorted(store.rglob("*")) if path.is_file() and "/c/" in str(path))
    chunk.unlink()
    assert f"files in {store} were changed, removed or added" in run_here(*words)
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before
    assert "done before" in run_here(*words)


def test_a_store_with_a_name_of_its_own(work: WorkFolder, tmp_path: Path) -> None:
    path = tmp_path / "mine.zarr"
    for told in ("3 fields", "done before"):
        words = ("export", work.root, "--format", "spatialdata", "--output", path)
        assert told in run_here(*words)
    assert names(path) == ["images", "labels", "tables", "zarr.json"]


def test_a_bad_field_stops_no_other(predicted: Path, tmp_path: Path) -> None:
    fields = UnusualFields(tmp_path)
    work = segment_and_predict(fields, IDS)
    out = tmp_path / "out"
    run_here("export", work.root, "--format", "ome-zarr", "--output", out)
    for channel in CHANNELS:
        (fields.images / f"{ODD}_{channel}.png").unlink()
    green = fields.images / f"{CROWD}_green.png"
    green.write_bytes(green.read_bytes()[:500])
    told = run_here("export", work.root, "--format", "ome-zarr", "--output", out, status=2)
    assert "1 fields, 0 cells, 2 failed" in told
    assert f"no image of the segmented field {ODD}" in told
    assert names(out) == [f"{EMPTY}.ome.zarr"]
    manifest = json.loads(work.manifest("export-ome-zarr").read_text())
    assert {failure["where"] for failure in manifest["failures"]} == {ODD, CROWD}
    told = run_here("export", work.root, "--format", "spatialdata", "--output", out, status=2)
    assert "1 fields, 0 cells, 2 failed" in told


def test_cells_that_came_without_fields_have_no_images(tmp_path: Path, work: WorkFolder) -> None:
    told = run_here("export", tmp_path / "none", "--format", "ome-zarr", status=2)
    assert "predict is not finished" in told
