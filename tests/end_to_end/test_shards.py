"""Shards: what machines make of parts of a set, merged, is what one machine makes of the whole."""

import json
import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from data.fields.image_folder import find_fields
from data.fields.shard import find_shard_number
from tests.factories.command_line import run_here
from tests.factories.simulated_set import simulate_into

STAGES = ("segment", "crops", "predict")
TIMES = ("seconds", "finished", "outputs", "content")
"""What manifests of equal work may differ in: how long it took, and when files were written."""


def make(stage: str, images: Path, work: Path, *more: object, status: int = 0) -> str:
    given = {"segment": (images,), "crops": (images,), "predict": ("--model", "simhpa19")}
    return run_here(stage, *given[stage], "--work", work, *more, status=status)


def make_shards(images: Path, work: Path, count: int, failing: tuple[str, str]) -> None:
    """Run the stages of all shards, the last shard first."""
    in_segment, in_crops = (find_shard_number(image_id, count) for image_id in failing)
    for number in reversed(range(count)):
        shard = ("--shard", f"{number}/{count}")
        make("segment", images, work, *shard, status=2 if number == in_segment else 0)
        make("crops", images, work, *shard, status=2 if number == in_crops else 0)
        make("predict", images, work, *shard)


def read_files(work: Path) -> dict[str, bytes]:
    """The content of all results of a work folder, by their paths."""
    names = ["images.parquet", "cells.parquet", "predictions.parquet", "submission.csv"]
    paths = [work / name for name in names]
    paths += [*work.glob("masks/*.png"), *(path for path in work.rglob("tiles.zarr/**/*") if path.is_file())]
    return {str(path.relative_to(work)): path.read_bytes() for path in paths if "shards" not in path.parts}


def read_manifest(work: Path, stage: str) -> dict[str, Any]:
    manifest = json.loads((work / f"{stage}.json").read_text())
    return {name: value for name, value in manifest.items() if name not in TIMES}


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six simulated fields; of the first no nuclei can be read, of the second no protein."""
    folder = tmp_path_factory.mktemp("images")
    simulate_into(folder, fields=6, size=400, seed=5)
    for image_id, channel in zip(name_failing(folder), ("blue", "green"), strict=True):
        path = folder / f"{image_id}_{channel}.png"
        path.write_bytes(path.read_bytes()[:200])
    return folder


def name_failing(images: Path) -> tuple[str, str]:
    first, second, *_ = find_fields(images)
    return first.image_id, second.image_id


@pytest.fixture(scope="module")
def single(images: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What one machine makes of all fields."""
    work = tmp_path_factory.mktemp("single")
    for stage in STAGES:
        make(stage, images, work, status=0 if stage == "predict" else 2)
    run_here("combine", "--work", work)
    return work


@pytest.fixture(scope="module")
def sharded(images: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two shards that are not merged; tests copy them."""
    work = tmp_path_factory.mktemp("sharded")
    make_shards(images, work, 2, name_failing(images))
    return work


# Of seven shards of six fields, one at least is empty.
@pytest.mark.parametrize("count", [2, *(pytest.param(count, marks=pytest.mark.slow) for count in (1, 3, 7))])
def test_merged_shards_are_what_one_machine_makes(
    images: Path, single: Path, tmp_path: Path, count: int
) -> None:
    work = tmp_path / "work"
    make_shards(images, work, count, name_failing(images))
    run_here("merge", work, status=2)
    run_here("combine", "--work", work)
    ours, theirs = read_files(work), read_files(single)
    assert ours.keys() == theirs.keys()
    assert [name for name in ours if ours[name] != theirs[name]] == []
    for stage in (*STAGES, "combine"):
        assert read_manifest(work, stage) == read_manifest(single, stage)


def test_a_merged_folder_goes_on_as_that_of_one_machine(images: Path, sharded: Path, tmp_path: Path) -> None:
    work = shutil.copytree(sharded, tmp_path / "work")
    run_here("merge", work, "--allow-failed")
    told = make("predict", images, work)
    assert "predict: done before, nothing changed" in told
    before = {path: path.stat().st_mtime_ns for path in work.rglob("*") if path.suffix == ".parquet"}
    told = run_here("merge", work, "--allow-failed")
    assert told.count("merged before, nothing changed") == 3
    assert {path: path.stat().st_mtime_ns for path in before} == before


def assert_shards_equal_a_single_run(images: Path, folder: Path, *more: object) -> None:
    """Segment and cut in two shards and in one run, and compare all results."""
    for place, shards in (("work", [("--shard", "0/2"), ("--shard", "1/2")]), ("single", [()])):
        for shard in shards:
            make("segment", images, folder / place, *shard, *more, "--allow-failed")
            make("crops", images, folder / place, *shard, "--allow-failed")
    run_here("merge", folder / "work", "--allow-failed")
    for stage in ("segment", "crops"):
        assert read_manifest(folder / "work", stage) == read_manifest(folder / "single", stage)
    names = [f"tiles.zarr/{path.relative_to(folder / 'single/tiles.zarr')}" for path in list_store(folder)]
    for name in ("cells.parquet", "images.parquet", *names):
        assert (folder / "work" / name).read_bytes() == (folder / "single" / name).read_bytes()


def list_store(folder: Path) -> list[Path]:
    return [path for path in (folder / "single/tiles.zarr").rglob("*") if path.is_file()]


def test_own_masks_are_matched_with_all_fields(images: Path, tmp_path: Path) -> None:
    assert_shards_equal_a_single_run(images, tmp_path, "--masks", images / "masks")


def test_a_channel_that_one_shard_lacks_is_missing_there(images: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(images, tmp_path / "images", copy_function=shutil.copy2)
    kept = find_fields(images)[-1].image_id
    for path in folder.glob("*_yellow.png"):
        if not path.name.startswith(kept):
            path.unlink()
    assert_shards_equal_a_single_run(folder, tmp_path)
    failed = read_manifest(tmp_path / "work", "segment")["counts"]["failed"]
    assert failed == 5


def test_stages_are_merged_as_far_as_all_shards_are(images: Path, single: Path, tmp_path: Path) -> None:
    for number in range(2):
        make("segment", images, tmp_path, "--shard", f"{number}/2", "--allow-failed")
    run_here("merge", tmp_path, status=2)
    assert not (tmp_path / "crops.json").exists()
    assert read_manifest(tmp_path, "segment") == read_manifest(single, "segment")
    make("crops", images, tmp_path, "--shard", "0/2", "--allow-failed")
    told = run_here("merge", tmp_path, status=2)
    assert "shard 1/2 is not whole: crops is not finished" in told
    assert f"run `hpacells crops {images} --work {tmp_path} --shard 1/2`" in told


def test_masks_are_linked(sharded: Path, tmp_path: Path) -> None:
    work = shutil.copytree(sharded, tmp_path / "work")
    run_here("merge", work, status=2)
    masks = list(work.glob("masks/*.png"))
    assert masks
    assert {path.stat().st_nlink for path in masks} == {2}


@pytest.mark.parametrize(
    ("change", "found", "advice"),
    [
        ("remove", "shard 1/2 is missing", "--shard 1/2"),
        ("double", "shard 0/2, in the place of shard 1/2", "remove that folder"),
        ("of three", "shards of 2 and of 3", "remove the folders of the others"),
        ("settings", "segment.pixel_size_um = 0.1, not auto", "--shard 1/2"),
        ("version", "zarr 1.0, not", "--shard 1/2"),
        ("predictions", "shard 1/2 is not whole: changed or damaged", "hpacells predict --work"),
        ("unfinished", "shard 1/2 is not whole: segment is not finished", "hpacells segment"),
    ],
)
def test_shards_that_do_not_fit_are_refused_in_one_line(
    images: Path, sharded: Path, tmp_path: Path, change: str, found: str, advice: str
) -> None:
    work = shutil.copytree(sharded, tmp_path / "work")
    last = work / "shards/1-of-2"
    if change in ("remove", "double"):
        shutil.rmtree(last)
    if change == "double":
        shutil.copytree(work / "shards/0-of-2", last)
    if change == "of three":
        shutil.copytree(last, work / "shards/1-of-3")
    if change == "settings":
        more = ("--shard", "1/2", "--set", "segment.pixel_size_um=0.1", "--allow-failed")
        make("segment", images, work, *more)
    if change == "version":
        manifest = json.loads((last / "segment.json").read_text())
        manifest["versions"]["zarr"] = "1.0"
        (last / "segment.json").write_text(json.dumps(manifest | {"content": ""}))
    if change == "predictions":
        (last / "predictions.parquet").write_bytes(b"PAR1")
    if change == "unfinished":
        (last / "segment.json").unlink()
    told = run_here("merge", work, status=2)
    errors = [line for line in told.splitlines() if line.startswith("hpacells: error:")]
    assert len(errors) == 1
    assert found in errors[0]
    assert advice in errors[0]
    assert not (work / "segment.json").exists()


def test_added_images_are_noticed_and_cost_one_shard(images: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(images, tmp_path / "images", copy_function=shutil.copy2)
    work = tmp_path / "work"

    def segment() -> list[str]:
        shards = [("--shard", f"{number}/2", "--allow-failed") for number in range(2)]
        return [make("segment", folder, work, *shard) for shard in shards]

    segment()
    run_here("merge", work, status=2)
    source = find_fields(images)[-1].image_id
    for channel in ("red", "green", "blue", "yellow"):
        shutil.copy2(images / f"{source}_{channel}.png", folder / f"new_{channel}.png")
    changed = find_shard_number("new", 2)
    told = run_here("merge", work, status=2)
    assert f"segment of shard {changed}/2 was made from other images than there are now" in told
    own = sum(find_shard_number(field.image_id, 2) == changed for field in find_fields(folder))
    failed = sum(find_shard_number(image_id, 2) == changed for image_id in name_failing(images)[:1])
    assert f"{own} fields, {own - 1 - failed} reused" in segment()[changed]
    run_here("merge", work, status=2)
    make("segment", folder, tmp_path / "single", status=2)
    assert read_manifest(work, "segment")["key"] == read_manifest(tmp_path / "single", "segment")["key"]


@pytest.mark.slow
def test_masks_edited_in_a_shard_are_merged_as_one_machine_measures_them(
    images: Path, sharded: Path, single: Path, tmp_path: Path
) -> None:
    work = shutil.copytree(sharded, tmp_path / "work")
    alone = shutil.copytree(single, tmp_path / "single")
    edited = find_fields(images)[-1].image_id
    part = work / "shards" / f"{find_shard_number(edited, 2)}-of-2"
    for folder in (part, alone):
        for what in ("cells", "nuclei"):
            path = folder / "masks" / f"{edited}_{what}.png"
            labels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
            cv2.imwrite(str(path), np.where(labels == 1, 0, labels))
    told = run_here("merge", work, status=2)
    assert "was edited after its cells were measured" in told
    make_shards(images, work, 2, name_failing(images))
    run_here("merge", work, status=2)
    make("crops", images, alone, "--allow-failed")
    make("predict", images, alone)
    for folder in (work, alone):
        run_here("combine", "--work", folder)
    assert read_files(work) == read_files(alone)
    assert read_manifest(work, "predict") == read_manifest(alone, "predict")
    assert run_here("merge", work, "--allow-failed").count("merged before, nothing changed") == 3


def test_masks_edited_after_the_merge_are_not_replaced(images: Path, sharded: Path, tmp_path: Path) -> None:
    work = shutil.copytree(sharded, tmp_path / "work")
    run_here("merge", work, "--allow-failed")
    path = next(iter((work / "masks").glob("*_cells.png")))
    labels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    path.unlink()
    cv2.imwrite(str(path), np.where(labels == 1, 0, labels))
    before = path.read_bytes()
    told = run_here("merge", work, "--allow-failed", status=2)
    assert "edited after they were merged" in told
    assert path.read_bytes() == before
    make("crops", images, work, "--allow-failed")
    told = run_here("merge", work, "--allow-failed", status=2)
    assert "edited after they were merged" in told


def test_shards_are_written_side_by_side(images: Path, tmp_path: Path) -> None:
    from pipeline.runs.writer_lock import sole_writer

    with sole_writer(tmp_path / "shards/1-of-2"):
        make("segment", images, tmp_path, "--shard", "0/2", "--allow-failed")
    assert (tmp_path / "shards/0-of-2/segment.json").is_file()


@pytest.mark.parametrize("shard", ["2/2", "-1/2", "1", "a/b", "1/0", ""])
def test_what_is_no_shard_is_refused(images: Path, tmp_path: Path, shard: str) -> None:
    told = make("segment", images, tmp_path, "--shard", shard, status=2)
    assert "--shard: " in told
    assert "expected i/n with i from 0 to n - 1" in told


def test_merge_needs_shards(tmp_path: Path) -> None:
    assert "no shards" in run_here("merge", tmp_path, status=2)
