import shutil
import threading
from pathlib import Path

import numpy as np
import pytest

from data.atomic import atomic_folder
from data.errors import InputError
from data.text.hashed_json import format_hashed, read_hashed
from pipeline.runs.outputs import written_files
from pipeline.runs.outputs.written_files import LIST_NAME, claim_outputs, is_written, note_written, sole_file
from pipeline.runs.work_folder import WorkFolder
from tests.factories.tile_store import write_tile_store
from tests.factories.work_folder import finish_stage


def test_what_hpacells_wrote_is_replaced_and_nothing_else(tmp_path: Path) -> None:
    work, masks, report = tmp_path / "work", tmp_path / "work/masks", tmp_path / "work/report"
    work.mkdir()
    claim_outputs("segment", work, [masks])
    masks.mkdir()
    (masks / "a_cells.png").write_text("labels")
    claim_outputs("segment", work, [masks])
    report.mkdir()
    (report / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match=r"report: a folder with what hpacells did not write, which inspect"):
        claim_outputs("inspect", work, [report])
    assert (report / "notes.txt").read_text() == "mine"


def test_an_empty_folder_belongs_to_nobody(tmp_path: Path) -> None:
    (tmp_path / "report").mkdir()
    claim_outputs("inspect", tmp_path, [tmp_path / "report"])
    assert read_hashed(tmp_path / LIST_NAME) == {"report": "inspect"}


def test_a_file_elsewhere_is_listed_by_its_whole_path(tmp_path: Path) -> None:
    work, output = tmp_path / "work", tmp_path / "submissions/mine.csv"
    claim_outputs("combine", work, [output])
    output.parent.mkdir(exist_ok=True)
    output.write_text("ID")
    claim_outputs("combine", work, [output])
    labels = tmp_path / "train.csv"
    labels.write_text("ID,Label")
    with pytest.raises(InputError, match=r"train\.csv: a file with what hpacells did not write.*--output"):
        claim_outputs("combine", work, [labels])
    assert labels.read_text() == "ID,Label"


def test_a_dangling_link_is_something(tmp_path: Path) -> None:
    (tmp_path / "model").symlink_to(tmp_path / "nowhere")
    with pytest.raises(InputError, match="model: a file with what hpacells did not write"):
        claim_outputs("train", tmp_path, [tmp_path / "model"])


def test_a_moved_work_folder_keeps_its_list(tmp_path: Path) -> None:
    work = tmp_path / "work"
    claim_outputs("segment", work, [work / "cells.parquet"])
    (work / "cells.parquet").write_text("table")
    shutil.move(work, tmp_path / "moved")
    claim_outputs("crops", tmp_path / "moved", [tmp_path / "moved/cells.parquet"])


def test_masks_of_simulated_images_are_no_work(tmp_path: Path) -> None:
    claim_outputs("simulate", tmp_path, [tmp_path / "masks", tmp_path])
    (tmp_path / "masks").mkdir()
    (tmp_path / "masks/a_cells.png").write_text("truth")
    claim_outputs("simulate", tmp_path, [tmp_path / "masks"])
    with pytest.raises(InputError, match="what `hpacells simulate` wrote, which segment would replace"):
        claim_outputs("segment", tmp_path, [tmp_path / "masks"])


def test_folders_of_versions_without_a_list(tmp_path: Path) -> None:
    work = WorkFolder(tmp_path)
    finish_stage(work, "segment")
    work.masks.mkdir()
    (work.masks / "a_cells.png").write_text("labels")
    work.cells.write_text("table")
    # It has a manifest, so what has the name of an output is one.
    claim_outputs("segment", tmp_path, [work.masks, work.cells])


def test_a_damaged_list_is_as_none(tmp_path: Path) -> None:
    (tmp_path / LIST_NAME).write_text("{")
    (tmp_path / "masks/.fields").mkdir(parents=True)
    claim_outputs("segment", tmp_path, [tmp_path / "masks"])
    assert read_hashed(tmp_path / LIST_NAME) == {"masks": "segment"}


def test_tiles_are_known_by_their_own_list_where_that_of_the_folder_and_their_manifest_are_lost(
    tmp_path: Path,
) -> None:
    (tmp_path / LIST_NAME).write_text("{")
    write_tile_store(tmp_path / "tiles.zarr", np.zeros((2, 4, 256, 256), np.uint8))
    claim_outputs("crops", tmp_path, [tmp_path / "tiles.zarr"])
    (tmp_path / LIST_NAME).unlink()
    (tmp_path / "tiles.zarr" / "contents.json").unlink()
    with pytest.raises(InputError, match="a folder with what hpacells did not write"):
        claim_outputs("crops", tmp_path, [tmp_path / "tiles.zarr"])


def test_what_another_stage_wrote_is_no_output_of_this_one(tmp_path: Path) -> None:
    predictions = tmp_path / "predictions.parquet"
    claim_outputs("predict", tmp_path, [predictions])
    predictions.write_text("table")
    finish_stage(WorkFolder(tmp_path), "predict")
    with pytest.raises(InputError, match="what `hpacells predict` wrote, which combine would replace"):
        claim_outputs("combine", tmp_path, [predictions])
    with pytest.raises(InputError, match="the manifest of predict, which combine would replace"):
        claim_outputs("combine", tmp_path, [tmp_path / "predict.json"])
    claim_outputs("segment", tmp_path, [tmp_path / "cells.parquet"])
    (tmp_path / "cells.parquet").write_text("table")
    claim_outputs("crops", tmp_path, [tmp_path / "cells.parquet"])


def test_a_file_elsewhere_is_replaced_from_another_work_folder_too(tmp_path: Path) -> None:
    output = tmp_path / "out/mine.csv"
    claim_outputs("combine", tmp_path / "a", [output])
    output.write_text("ID")
    claim_outputs("combine", tmp_path / "b", [output])
    assert read_hashed(output.parent / LIST_NAME) == {"mine.csv": "combine"}


def test_what_was_removed_is_forgotten(tmp_path: Path) -> None:
    labels = tmp_path / "labels.csv"
    claim_outputs("crops", tmp_path, [labels])
    labels.write_text("ID,Label")
    assert is_written(tmp_path, labels)
    labels.unlink()
    claim_outputs("train", tmp_path, [tmp_path / "model"])
    labels.write_text("mine")
    assert not is_written(tmp_path, labels)
    with pytest.raises(InputError, match="did not write"):
        claim_outputs("crops", tmp_path, [labels])


def test_what_a_stage_at_work_is_about_to_write_is_not_forgotten(tmp_path: Path) -> None:
    model, features = tmp_path / "model" / "model.toml", tmp_path / "frozen_features"
    claim_outputs("find_rate", tmp_path, (model,))
    claim_outputs("train", tmp_path, (features,), is_at_work=True)
    for path in (model, features / "0"):
        path.parent.mkdir(exist_ok=True)
        path.write_text("1")
    claim_outputs("find_rate", tmp_path, (model,))
    claim_outputs("train", tmp_path, (features,), is_at_work=True)


def test_a_single_file(tmp_path: Path) -> None:
    sheet, given = tmp_path / "sheet.png", tmp_path / "a_red.png"
    with pytest.raises(KeyError), sole_file("images", sheet):
        raise KeyError
    assert not list(tmp_path.iterdir())
    for content in ("picture", "another"):
        with sole_file("images", sheet):
            sheet.write_text(content)
    given.write_text("image")
    for path, inputs, told in (
        (given, [], r"a_red\.png: a file with what hpacells did not write"),
        (sheet, [None, tmp_path / "." / "sheet.png"], r"sheet\.png: it is what images reads"),
        (tmp_path, [], "a folder; expected the path of a file"),
    ):
        with pytest.raises(InputError, match=told), sole_file("images", path, inputs):
            pytest.fail("refused before any work")
    with pytest.raises(InputError, match="what `hpacells images` wrote"), sole_file("curves", sheet):
        pytest.fail("refused before any work")
    assert given.read_text() == "image"


def write_store(path: Path) -> None:
    with atomic_folder(path, replace=True) as folder:
        (folder / "zarr.json").write_text("{}")


@pytest.mark.parametrize("place", ["work/export", "elsewhere"])
def test_folders_with_lists_of_their_files(tmp_path: Path, place: str) -> None:
    work, out = tmp_path / "work", tmp_path / place
    store, other = out / "a.zarr", out / "b.zarr"

    def claim() -> None:
        claim_outputs("export", work, [store, other], are_folders=True)

    claim()
    other.mkdir(parents=True)
    for _ in range(2):
        claim()
        write_store(store)
    name = "export/a.zarr" if place.startswith("work") else "a.zarr"
    listed = read_hashed((work if place.startswith("work") else out) / LIST_NAME)
    assert isinstance(listed, dict)
    assert listed[name] == "export"
    (store / "notes").write_text("mine")
    with pytest.raises(InputError, match="notes, which hpacells did not write"):
        claim()
    # In the place of ours.
    shutil.rmtree(store)
    store.mkdir()
    (store / "notes").write_text("mine")
    with pytest.raises(InputError, match=r"a\.zarr: a folder with what hpacells did not write"):
        claim()
    shutil.rmtree(store)
    store.write_text("mine")
    with pytest.raises(InputError, match=r"a\.zarr: a file with what hpacells did not write"):
        claim()
    store.unlink()
    store.symlink_to(other)
    with pytest.raises(InputError, match=r"a\.zarr: a folder with what hpacells did not write"):
        claim()


def test_a_store_of_another_export_is_not_replaced(tmp_path: Path) -> None:
    store = tmp_path / "out/a.zarr"
    # It has a list, but hpacells did not write it here.
    write_store(store)
    with pytest.raises(InputError, match="a folder with what hpacells did not write"):
        claim_outputs("export", tmp_path / "work", [store], are_folders=True)
    assert (store / "zarr.json").is_file()


def test_a_folder_in_the_place_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "out/mine.csv").mkdir(parents=True)
    with pytest.raises(InputError, match="a folder; expected the path of a file to write"):
        claim_outputs("combine", tmp_path / "work", [tmp_path / "out/mine.csv"])


def test_many_files_elsewhere_are_listed_and_told_at_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "hpacells")
    paths = [tmp_path / f"out/{number}.geojson" for number in range(50)]
    for _ in range(2):
        claim_outputs("export", tmp_path / "work", paths)
        for path in paths:
            path.write_text("{}")
    assert read_hashed(tmp_path / "out" / LIST_NAME) == {path.name: "export" for path in paths}
    assert [record.getMessage() for record in caplog.records] == [
        f"{paths[0]} and 49 others: replaces what an earlier run wrote"
    ]
    (tmp_path / "out/mine.json").write_text("[" * 1000)
    with pytest.raises(InputError, match=r"mine\.json: a file with what hpacells did not write"):
        claim_outputs("export", tmp_path / "work", [*paths, tmp_path / "out/mine.json"])


@pytest.mark.parametrize("name", ["curves.pdf", "curves.v2", "curves.png.txt"])
def test_a_name_that_promises_another_format_is_refused(tmp_path: Path, name: str) -> None:
    with (
        pytest.raises(InputError, match=r"expected one that ends in \.png, .* give .*\.png$"),
        sole_file("curves", tmp_path / name, ending=".png"),
    ):
        pytest.fail("the block ran")
    for good in ("curves", "curves.PNG"):
        with sole_file("curves", tmp_path / good, ending=".png"):
            (tmp_path / good).touch()


def test_files_of_two_work_folders_in_one_place(tmp_path: Path) -> None:
    output = tmp_path / "submissions"
    first, second = (tmp_path / name for name in ("first", "second"))
    claim_outputs("combine", first, [output / "first.csv"])
    # Started while the first was at work, and finished before it.
    claim_outputs("combine", second, [output / "second.csv"])
    (output / "second.csv").write_text("ID")
    note_written("combine", second, [output / "second.csv"])
    (output / "first.csv").write_text("ID")
    note_written("combine", first, [output / "first.csv"])
    for work in (first, second):
        claim_outputs("combine", work, [output / f"{work.name}.csv"])


def test_two_processes_list_what_they_write_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_writing, may_write = threading.Event(), threading.Event()

    def format_slowly(listed: dict[str, str]) -> str:
        if "slow.csv" in listed and not is_writing.is_set():
            is_writing.set()
            assert may_write.wait(60)
        return format_hashed(listed)

    monkeypatch.setattr(written_files, "format_hashed", format_slowly)
    (tmp_path / "other.csv").touch()
    (tmp_path / "slow.csv").touch()
    slow, other = (
        threading.Thread(target=note_written, args=("combine", tmp_path / name, [tmp_path / f"{name}.csv"]))
        for name in ("slow", "other")
    )
    slow.start()
    assert is_writing.wait(60)
    other.start()
    # Long enough for one that does not wait.
    other.join(0.5)
    may_write.set()
    slow.join()
    other.join()
    assert read_hashed(tmp_path / LIST_NAME) == {"slow.csv": "combine", "other.csv": "combine"}
