"""A path is a str or a Path at every public door."""

from collections.abc import Callable
from pathlib import Path

import pytest

import hpacells as hpa
from models.classifiers.bundled import find_classifier_folder
from models.segmenters.factory import LITE_WEIGHTS
from pipeline.runs.work_folder import WorkFolder

Kind = Callable[[str | Path], str | Path]


@pytest.fixture(params=[str, Path])
def kind(request: pytest.FixtureRequest, session_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Kind:
    """What turns a path into the kind that is tried; relative ones are of the session's folder."""
    monkeypatch.chdir(session_folder)
    return request.param


def test_fields_and_masks(kind: Kind) -> None:
    assert [field.image_id for field in hpa.find_fields(kind("my_images"))] == ["A1"]
    assert hpa.read_label_image(kind("work/demo/masks/A1_cells.png")).shape == (400, 400)


def test_work_folders(kind: Kind) -> None:
    work = hpa.open_work(kind("work/demo"))
    assert len(work.cells()) == len(work.tiles()) == len(hpa.TileStore(kind("work/demo/tiles.zarr")))
    assert len(work.submission().images) == len(work.images()) == 1
    assert WorkFolder(kind("work/demo")).cells == Path("work/demo/cells.parquet")
    assert repr(work) == "Work('work/demo')"


def test_submissions_and_scores(kind: Kind, tmp_path: Path) -> None:
    target = kind(tmp_path / "copy.csv")
    submission = hpa.read_submission(kind("submission.csv"))
    row = hpa.SubmissionRow("A1", 6, 4, f"7 0.9 {submission.masks[0]}")
    hpa.write_submission(target, [row])
    assert Path(target).read_text() == Path("submission.csv").read_text()
    assert hpa.score(kind("submission.csv"), kind("truth.csv")).map == 1
    assert hpa.score(submission, kind("truth.csv")).map == 1
    assert hpa.score(submission, hpa.read_submission("truth.csv")).map == 1


def test_labels(kind: Kind, tmp_path: Path) -> None:
    target = kind(tmp_path / "labels.csv")
    hpa.write_labels(target, {"A1": [3]})
    assert hpa.read_labels(target) == {"A1": (3,)}
    Path(tmp_path / "set.toml").write_text('names = ["a", "b"]')
    assert hpa.read_label_set(kind(tmp_path / "set.toml")).names == ("a", "b")


def test_models(kind: Kind) -> None:
    assert hpa.load_segmenter(kind(LITE_WEIGHTS)).name == "lite"
    assert hpa.load_classifier(kind(find_classifier_folder("simhpa19"))).class_names == hpa.CLASS_NAMES
    assert hpa.load_classifier(kind("simhpa19")).class_names == hpa.CLASS_NAMES


def test_simulated_images(kind: Kind, tmp_path: Path) -> None:
    hpa.simulate_field(size=200).write_image(kind(tmp_path / "new"), "B1")
    assert [field.image_id for field in hpa.find_fields(kind(tmp_path / "new"))] == ["B1"]


@pytest.mark.parametrize(
    ("door", "expected"),
    [
        (hpa.find_fields, "a folder of images"),
        (hpa.open_work, "a work folder"),
        (hpa.read_submission, "a CSV with the columns"),
        (hpa.read_labels, "a CSV with the columns"),
        (hpa.load_classifier, "the folder of a trained classifier"),
        (hpa.read_label_image, "a label image"),
        (hpa.TileStore, "what `hpacells crops` writes"),
    ],
)
def test_what_is_missing_is_named(door: Callable[[str], object], expected: str) -> None:
    with pytest.raises(hpa.InputError, match=f"missing/thing: .*expected {expected}"):
        door("missing/thing")


def test_what_has_not_been_made_yet(tmp_path: Path) -> None:
    work = hpa.open_work(tmp_path)
    for read, command in ((work.cells, "segment"), (work.images, "segment"), (work.tiles, "crops")):
        with pytest.raises(hpa.InputError, match=f"run `hpacells {command}` first"):
            read()
    for read in (work.predictions, work.class_names):
        with pytest.raises(hpa.InputError, match="run `hpacells predict` first"):
            read()


def test_wrong_names_and_sizes() -> None:
    for call, message in (
        (lambda: hpa.load_segmenter("light"), "no segmenter 'light'"),
        (lambda: hpa.load_segmenter("lite", runtime="gpu"), "no runtime 'gpu'"),
        (lambda: hpa.load_classifier("simhpa19", runtime="gpu"), "no runtime 'gpu'"),
        (lambda: hpa.simulate_field(size=50), "at least 10 um"),
        (lambda: hpa.simulate_field(size=200, classes=[19]), "class 19"),
        (lambda: hpa.simulate_field(size=200, classes=[]), "no class"),
        (lambda: hpa.simulate_field(size=200, cell_line="nobody"), "no cell line 'nobody'"),
    ):
        with pytest.raises(hpa.InputError, match=message):
            call()
