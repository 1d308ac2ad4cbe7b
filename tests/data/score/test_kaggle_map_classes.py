"""The metric with other label sets: what the classes are called and how many there are changes nothing."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.labels.label_set import HPA2021, LabelSet, read_label_set
from data.masks.rle import encode_mask
from data.predictions.submission import Submission, SubmissionRow, read_submission, write_submission
from data.score.kaggle_map import score

MASKS = [encode_mask(np.arange(30).reshape(6, 5) % 5 == column) for column in range(3)]
CLASSES = (0, 1, 18)

triples = st.lists(
    st.tuples(st.sampled_from(CLASSES), st.sampled_from([0.25, 0.5, 1.0]), st.sampled_from(MASKS)), max_size=6
)
tables = st.dictionaries(st.sampled_from("abcd"), triples, min_size=1)
Table = dict[str, list[tuple[int, float, str]]]


def read(path: Path, table: Table, numbers: dict[int, int], label_set: LabelSet) -> Submission:
    rows = [
        SubmissionRow(
            image_id, 5, 6, " ".join(f"{numbers[label]} {rest[0]} {rest[1]}" for label, *rest in row)
        )
        for image_id, row in table.items()
    ]
    write_submission(path, rows)
    return read_submission(path, label_set)


@pytest.mark.parametrize("absent", ["fp", "ignore"])
@pytest.mark.parametrize(
    ("label_set", "numbers"),
    [
        (read_label_set("hpa2018"), (27, 0, 19)),
        (LabelSet(names=("a", "b", "c")), (2, 0, 1)),
        (LabelSet(names=[f"class {number}" for number in range(300)]), (299, 127, 128)),
    ],
    ids=["28", "3", "300"],
)
@settings(deadline=None, max_examples=25)
@given(submission=tables, truth=tables)
def test_classes_by_other_numbers(
    tmp_path_factory: pytest.TempPathFactory,
    submission: Table,
    truth: Table,
    label_set: LabelSet,
    numbers: tuple[int, ...],
    absent: str,
) -> None:
    folder = tmp_path_factory.mktemp("case")
    scores = []
    for classes, given_numbers in ((HPA2021, CLASSES), (label_set, numbers)):
        renumbered = dict(zip(CLASSES, given_numbers, strict=True))
        files = (read(folder / "table.csv", table, renumbered, classes) for table in (submission, truth))
        scores.append(score(*files, absent=absent))
    default, other = scores
    assert other.map == (None if default.map is None else pytest.approx(default.map, abs=1e-12))
    assert len(other.average_precision) == len(label_set)
    for ours, theirs in zip(CLASSES, numbers, strict=True):
        assert other.average_precision[theirs] == default.average_precision[ours]
        assert other.truth_cells[theirs] == default.truth_cells[ours]
        assert other.detections[theirs] == default.detections[ours]
    assert sum(other.detections) == sum(default.detections)


def test_files_of_two_label_sets(tmp_path: Path) -> None:
    files = (
        read(tmp_path / "table.csv", {"a": []}, {}, classes)
        for classes in (HPA2021, read_label_set("hpa2018"))
    )
    with pytest.raises(ValueError, match="the label set hpa2021 and of the label set hpa2018"):
        score(*files)
