from pathlib import Path

import numpy as np
import pytest

from data.errors import InputError
from data.file_hash import hash_file
from data.labels.label_set import HPA2021, LabelSet, read_label_set
from data.masks.rle import encode_mask
from data.predictions.submission import SubmissionRow, write_submission
from pipeline.config.config import Config, load_config
from pipeline.engines.local import LocalEngine
from pipeline.runs.execute import execute, finished_manifest
from pipeline.runs.fingerprints import hash_label_set
from pipeline.runs.work_folder import WorkFolder
from pipeline.steps.crops import precropped_step
from pipeline.steps.score import find_predicted, score_step
from tests.factories.work_folder import finish_stage

ENGINE = LocalEngine(workers=1)
NAMES = ["Inside", "Outside"]


@pytest.fixture
def work(tmp_path: Path) -> WorkFolder:
    """A work folder whose submission was made of predictions of two classes; it is its own truth."""
    work = WorkFolder(tmp_path / "work")
    mask = encode_mask(np.ones((2, 2), bool))
    write_submission(work.submission, [SubmissionRow("a", 2, 2, f"1 0.5 {mask} 0 0.25 {mask}")])
    made = {"class_names": NAMES, "submission": hash_file(work.submission)}
    finish_stage(work, "combine", details=made)
    return work


def names_of(work: WorkFolder, submission: Path, *assignments: str) -> list[str]:
    config = load_config(None, assignments)
    step = score_step(work.manifest("score"), submission, submission, work.metric, config)
    return [row["name"] for row in execute(step, ENGINE).details["classes"]]


def test_the_hash_is_of_the_classes() -> None:
    assert hash_label_set(HPA2021) == {}
    hpa2018 = hash_label_set(read_label_set("hpa2018"))
    assert list(hpa2018) == ["label_set"]
    assert hpa2018 != hash_label_set(LabelSet(names=NAMES))
    assert hash_label_set(LabelSet(names=NAMES, negative=1)) != hash_label_set(LabelSet(names=NAMES))
    assert hash_label_set(LabelSet(names=NAMES, title="mine")) == hash_label_set(LabelSet(names=NAMES))


def test_a_submission_is_of_the_classes_that_were_predicted(work: WorkFolder, tmp_path: Path) -> None:
    found = find_predicted(work.submission, [tmp_path, work.root])
    assert found is not None
    assert found.names == tuple(NAMES)
    assert find_predicted(work.submission, [tmp_path]) is None
    assert names_of(work, work.submission) == NAMES


def test_a_copy_of_it(work: WorkFolder, tmp_path: Path) -> None:
    copy, other = tmp_path / "copy.csv", WorkFolder(tmp_path / "other")
    copy.write_bytes(work.submission.read_bytes())
    assert names_of(work, copy) == NAMES
    assert names_of(other, work.submission) == NAMES
    assert names_of(other, copy) == list(HPA2021.names)
    assert names_of(other, copy, "score.label_set=hpa2018") == list(read_label_set("hpa2018").names)


def test_one_that_was_changed(work: WorkFolder) -> None:
    work.submission.write_text(work.submission.read_text() + "b,2,2,\n")
    assert names_of(work, work.submission) == list(HPA2021.names)


def test_a_label_set_of_another_size(work: WorkFolder) -> None:
    with pytest.raises(
        InputError, match=r"hpa2018 \(28 classes\); expected .*predictions in .* \(2 classes\)"
    ):
        names_of(work, work.submission, "score.label_set=hpa2018")


def test_a_changed_label_set_is_noticed(work: WorkFolder, tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text('names = ["Left", "Right"]')
    assignment = f"score.label_set={own}"
    assert names_of(work, work.submission, assignment) == ["Left", "Right"]
    own.write_text('names = ["Up", "Down"]')
    assert names_of(work, work.submission, assignment) == ["Up", "Down"]


def test_an_index_of_cells(tmp_path: Path) -> None:
    index, own = tmp_path / "index.csv", tmp_path / "own.toml"
    index.write_text("ID,label\nx,Left\n")
    own.write_text('names = ["Left", "Right"]')
    config = Config({"crops": {"label_set": str(own)}}, "here")
    work = WorkFolder(tmp_path / "work")
    execute(precropped_step(work, index, config), ENGINE)
    assert (work.root / "labels.csv").read_text() == "ID,Label\nx,Left\n"
    before = precropped_step(work, index, config).key
    own.write_text('names = ["Right", "Left"]')
    step = precropped_step(work, index, config)
    assert step.key != before
    assert finished_manifest(step) is None
    with pytest.raises(
        InputError, match="label 'Left' is not a class; .* of the label set hpa2021, or names"
    ):
        precropped_step(work, index, Config({}, "here"))
