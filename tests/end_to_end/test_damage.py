"""Damaged results of every stage: noticed by the next command, and mended by the command that is named."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.predictions.submission import read_submission
from tests.factories.simulated_set import simulate_into
from tests.factories.whole_job.commands import ASIDE, ORDER, RECIPE, command_of
from tests.factories.whole_job.damage import damage
from tests.factories.whole_job.here import Run, follow_advice, run_here
from tests.factories.whole_job.results import find_differences, read_results

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four small fields, their labels, and settings of a tiny classifier."""
    folder = tmp_path_factory.mktemp("source")
    simulate_into(folder / "images", fields=4, size=384, seed=5)
    (folder / "small.toml").write_text(RECIPE)
    return folder


@pytest.fixture(scope="module")
def whole(source: Path, hpacells_here: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A work folder in which every stage is done; tests copy it."""
    work = tmp_path_factory.mktemp("whole") / "work"
    for stage in (*ORDER, *ASIDE):
        status, messages = hpacells_here(work, stage)
        assert status == 0, messages
    return work


@pytest.fixture(scope="module")
def expected(whole: Path) -> Mapping[str, object]:
    """What every stage wrote there."""
    return read_results(whole)


@pytest.fixture
def work(whole: Path, tmp_path: Path) -> Path:
    return shutil.copytree(whole, tmp_path / "work")


@pytest.fixture(scope="module")
def hpacells_here(source: Path) -> Run:
    """A stage on a work folder, in this process: its exit status and its messages."""

    def run(work: Path, stage: str, *more: object) -> tuple[int, str]:
        return run_here(command_of(source, work, stage, *more))

    return run


def check_whole(run: Run, work: Path, expected: Mapping[str, object]) -> None:
    """Check that after all stages the results are those of the undamaged run, and nothing is left to do."""
    for stage in ORDER:
        status, messages = run(work, stage)
        assert status == 0, messages
    assert find_differences(read_results(work), expected) == []
    for stage in ORDER:
        assert f"{stage}: done before, nothing changed" in run(work, stage)[1]


MENDED_BY = {
    ("masks/sim-5-00002_cells.png", "crops"): ["segment"],
    ("masks/.fields/sim-5-00002.parquet", "segment"): [],
    ("images.parquet", "combine"): ["segment"],
    ("cells.parquet", "predict"): ["crops"],
    ("tiles.zarr/tiles/zarr.json", "train"): ["crops"],
    ("tiles.zarr/tiles/c/0/0/0/0", "predict"): ["crops"],
    ("model/model.safetensors", "predict"): ["train"],
    ("predictions.parquet", "combine"): ["predict"],
}
"""File and the next stage that has to do with it -> the commands that messages name until it is done."""

ALSO_MENDED_BY = {
    ("masks/sim-5-00002_nuclei.png", "inspect"): ["segment"],
    ("masks/.label_images.parquet", "inspect"): ["segment"],
    ("images.parquet", "crops"): [],
    ("cells.parquet", "evaluate"): ["crops"],
    ("cells.parquet", "crops"): [],
    ("tiles.zarr/zarr.json", "predict"): ["crops"],
    ("tiles.zarr/contents.json", "inspect"): ["crops"],
    ("tiles.zarr/mean_intensity/c/0/0", "crops"): [],
    ("model/model.toml", "predict"): ["train"],
    ("model/metrics.csv", "train"): [],
    ("predictions.parquet", "inspect"): ["predict"],
    ("submission.csv", "combine"): [],
    ("evaluate/quality.json", "evaluate"): [],
    ("report/fields/2.js", "inspect"): [],
    ("explore/classes.csv", "explore"): [],
    ("segment.json", "crops"): ["segment"],
    ("crops.json", "predict"): ["crops"],
    ("train.json", "predict"): ["train"],
    ("predict.json", "combine"): ["predict"],
}


@pytest.mark.parametrize(
    ("case", "how"),
    [
        *((case, how) for case in MENDED_BY for how in ("cut", "flip", "remove")),
        *((case, "cut") for case in ALSO_MENDED_BY),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_the_command_that_is_named_mends(
    hpacells_here: Run, expected: Mapping[str, object], work: Path, case: tuple[str, str], how: str
) -> None:
    name, stage = case
    damage(work / name, how)
    assert follow_advice(hpacells_here, work, stage) == (MENDED_BY | ALSO_MENDED_BY)[case]
    check_whole(hpacells_here, work, expected)


def test_only_the_damaged_field_is_segmented_again(hpacells_here: Run, work: Path) -> None:
    damage(work / "masks/sim-5-00003_cells.png", "cut")
    status, messages = hpacells_here(work, "segment")
    assert status == 0
    assert "sim-5-00003: its mask is damaged, so it is segmented again" in messages
    assert "segment: 4 fields, 3 reused" in messages
    assert (work / "masks/edited/sim-5-00003_cells.png").is_file()
    # The tables are the same, so nothing after them is made again.
    for stage in ORDER[1:]:
        assert "done before" in hpacells_here(work, stage)[1]


def test_tables_and_a_record_at_once(hpacells_here: Run, expected: Mapping[str, object], work: Path) -> None:
    damage(work / "cells.parquet", "cut")
    damage(work / "masks/.fields/sim-5-00001.parquet", "cut")
    assert follow_advice(hpacells_here, work, "predict") == ["segment", "crops"]
    check_whole(hpacells_here, work, expected)


def test_moved_images(hpacells_here: Run, source: Path, work: Path, tmp_path: Path) -> None:
    images = shutil.copytree(source / "images", tmp_path / "images")
    segment = (images, "--segmenter", "classical")
    assert hpacells_here(work, "segment", *segment)[0] == 0
    moved = images.rename(tmp_path / "moved")
    shutil.rmtree(work / "report")
    status, messages = hpacells_here(work, "inspect")
    assert status == 2
    assert f"{images}: the images are not there any more" in messages
    assert "run `hpacells segment` with the folder where they are now" in messages
    status, messages = hpacells_here(work, "segment", moved, *segment[1:])
    assert "segment: 4 fields, 4 reused" in messages
    assert hpacells_here(work, "inspect")[0] == 0
    assert len(list((work / "report/fields").glob("*_small.jpg"))) == 4


def edit_predictions(work: Path) -> Path:
    path = work / "predictions.parquet"
    table = pq.read_table(path)
    edited = table.to_pandas().assign(p_3=0.875)
    pq.write_table(pa.Table.from_pandas(edited, table.schema, preserve_index=False), path)
    return path


def test_edited_predictions_are_used_where_they_are_named(hpacells_here: Run, work: Path) -> None:
    path = edit_predictions(work)
    content, before = path.read_bytes(), (work / "submission.csv").read_bytes()
    status, messages = hpacells_here(work, "combine")
    assert status == 2
    assert "changed or damaged since predict wrote it" in messages
    assert f"use it as it is with --predictions {path}" in messages
    assert (work / "submission.csv").read_bytes() == before
    status, messages = hpacells_here(work, "combine", "--predictions", path)
    assert status == 0, messages
    triples = read_submission(work / "submission.csv").triples
    assert (triples.loc[triples["label"] == 3, "confidence"] == 0.875).all()
    assert path.read_bytes() == content
    assert hpacells_here(work, "inspect")[0] == 0
    assert "combine: done before" in hpacells_here(work, "combine", "--predictions", path)[1]


def test_edited_predictions_are_kept_where_others_take_their_place(
    hpacells_here: Run, expected: Mapping[str, object], work: Path
) -> None:
    content = edit_predictions(work).read_bytes()
    status, messages = hpacells_here(work, "predict")
    assert status == 0
    [kept] = (work / "changed").iterdir()
    assert kept.read_bytes() == content
    assert "was changed since it was written" in messages
    assert str(kept) in messages.replace("\n", "")
    check_whole(hpacells_here, work, expected)


def test_an_edited_classifier_is_used_where_it_is_named(hpacells_here: Run, work: Path) -> None:
    path = work / "model/model.toml"
    path.write_text(path.read_text() + "\n[note]\nby = 'hand'\n")
    status, messages = hpacells_here(work, "predict")
    assert status == 2
    assert f"use it as it is with --model {work / 'model'}" in messages
    assert hpacells_here(work, "predict", "--model", work / "model")[0] == 0
    assert "by = 'hand'" in path.read_text()
