"""The metric against another program's answers, and against a slow version over full-size masks."""

import base64
import json
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools import mask as coco

from data.errors import InputError
from data.predictions.submission import Submission, SubmissionRow, read_submission, write_submission
from data.score.kaggle_map import Score, score

SHAPE = (6, 5)
Triple = tuple[int, float, np.ndarray]


def box(y0: int, x0: int, y1: int, x1: int) -> np.ndarray:
    mask = np.zeros(SHAPE, bool)
    mask[y0:y1, x0:x1] = True
    return mask


def encode(mask: np.ndarray) -> str:
    counts = coco.encode(np.asfortranarray(mask, dtype=np.uint8))["counts"]
    return base64.b64encode(zlib.compress(counts, 9)).decode()


@dataclass
class Table:
    """Image -> triples, as full-size masks; ``read`` takes it through a file."""

    images: dict[str, list[Triple]] = field(default_factory=dict)

    def read(self, path: Path) -> Submission:
        rows = []
        for image_id, triples in self.images.items():
            text = " ".join(f"{label} {confidence} {encode(mask)}" for label, confidence, mask in triples)
            rows.append(SubmissionRow(image_id, SHAPE[1], SHAPE[0], text))
        write_submission(path, rows)
        return read_submission(path)


def score_tables(
    folder: Path, submission: Table, truth: Table, absent: str = "fp", **options: float
) -> Score:
    files = submission.read(folder / "submission.csv"), truth.read(folder / "truth.csv")
    return score(*files, absent=absent, **options)


def score_slowly(submission: Table, truth: Table, absent: str) -> list[float | None]:
    """Follow the TensorFlow evaluator step by step, a class at a time, over full-size masks."""
    result: list[float | None] = []
    for label in range(19):
        confidences, right, cells = [], [], 0
        for image_id in sorted(truth.images):
            own = [mask for other, _, mask in truth.images[image_id] if other == label and mask.any()]
            cells += len(own)
            found = [
                item for item in submission.images.get(image_id, []) if item[0] == label and item[2].any()
            ]
            if absent == "ignore" and not own:
                continue
            taken = set()
            for index in np.argsort([item[1] for item in found], kind="stable")[::-1]:
                mask = found[index][2]
                ious = [(mask & other).sum() / (mask | other).sum() for other in own]
                best = int(np.argmax(ious)) if ious else None
                hit = best is not None and ious[best] >= 0.6 and best not in taken
                if hit:
                    taken.add(best)
                confidences.append(found[index][1])
                right.append(hit)
        if not cells:
            result.append(None)
            continue
        order = np.argsort(confidences, kind="stable")[::-1]
        hits = np.cumsum([right[index] for index in order])
        recall = np.concatenate([[0.0], hits / cells, [1.0]])
        precision = np.concatenate([[0.0], hits / np.arange(1, len(hits) + 1), [0.0]])
        for index in range(len(precision) - 2, -1, -1):
            precision[index] = max(precision[index], precision[index + 1])
        result.append(float(((recall[1:] - recall[:-1]) * precision[1:]).sum()))
    return result


boxes = st.builds(
    lambda y0, x0, height, width: box(y0, x0, y0 + height, x0 + width),
    st.integers(0, 5),
    st.integers(0, 4),
    st.integers(0, 4),
    st.integers(0, 4),
)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Table, Table]:
    """Few masks, classes and confidences, so that duplicates, overlaps and ties are the rule."""
    masks = draw(st.lists(boxes, min_size=1, max_size=5))
    triples = st.lists(
        st.tuples(st.sampled_from([0, 3, 18]), st.sampled_from([0.25, 0.5, 1.0]), st.sampled_from(masks)),
        max_size=8,
    )
    names = st.lists(st.sampled_from("abcd"), unique=True, min_size=1)
    truth = Table({name: draw(triples) for name in draw(names)})
    return Table({name: draw(triples) for name in draw(names)}), truth


@pytest.mark.parametrize("absent", ["fp", "ignore"])
@settings(deadline=None)
@given(case=cases())
def test_equals_the_slow_version(
    tmp_path_factory: pytest.TempPathFactory, case: tuple[Table, Table], absent: str
) -> None:
    submission, truth = case
    found = score_tables(tmp_path_factory.mktemp("case"), submission, truth, absent)
    expected = score_slowly(submission, truth, absent)
    assert list(found.average_precision) == pytest.approx(expected, abs=1e-12, nan_ok=False)
    known = [value for value in expected if value is not None]
    assert found.map == (pytest.approx(np.mean(known), abs=1e-12) if known else None)


@pytest.mark.parametrize("absent", ["fp", "ignore"])
def test_equals_the_tensorflow_evaluator(shared: Path, absent: str) -> None:
    folder = shared / "reference" / "metric"
    expected = json.loads((folder / "expected.json").read_text())[absent]
    files = (read_submission(folder / name) for name in ("submission.csv", "truth.csv"))
    found = score(*files, absent=absent)
    assert found.map == pytest.approx(expected["map"], abs=1e-9)
    for label, value in enumerate(found.average_precision):
        assert value == pytest.approx(expected["ap"][str(label)], abs=1e-9)


LEFT, RIGHT = box(0, 0, 6, 2), box(0, 3, 6, 5)


def test_a_perfect_submission(tmp_path: Path) -> None:
    table = Table({"a": [(0, 0.5, LEFT), (4, 0.5, LEFT), (0, 0.5, RIGHT)], "b": []})
    found = score_tables(tmp_path, table, table)
    assert found.map == 1
    assert found.average_precision == tuple(1 if label in (0, 4) else None for label in range(19))
    assert found.truth_cells == found.detections == tuple({0: 2, 4: 1}.get(label, 0) for label in range(19))


def test_a_duplicate_is_a_false_positive(tmp_path: Path) -> None:
    truth = Table({"a": [(0, 1, LEFT), (0, 1, RIGHT)]})
    submission = Table({"a": [(0, 0.9, LEFT), (0, 0.8, LEFT), (0, 0.7, RIGHT)]})
    assert score_tables(tmp_path, submission, truth).map == pytest.approx((1 + 2 / 3) / 2)


def test_a_detection_whose_best_cell_is_taken_has_no_second_choice(tmp_path: Path) -> None:
    larger, smaller = box(0, 0, 5, 5), box(0, 0, 4, 5)
    truth = Table({"a": [(0, 1, larger), (0, 1, smaller)]})
    # Both detections overlap the larger cell most, and the smaller one well enough.
    submission = Table({"a": [(0, 0.9, larger), (0, 0.8, larger)]})
    assert score_tables(tmp_path, submission, truth).map == 0.5


def test_a_detection_takes_the_cell_that_it_overlaps_most(tmp_path: Path) -> None:
    larger, smaller, part_of_smaller = box(0, 0, 5, 5), box(0, 0, 4, 5), box(0, 0, 3, 4)
    submission = Table({"a": [(0, 0.9, larger), (0, 0.8, part_of_smaller)]})
    for cells in ((larger, smaller), (smaller, larger)):
        truth = Table({"a": [(0, 1, cell) for cell in cells]})
        # The first overlaps both well enough; had it taken the smaller cell, none were left for the second.
        assert score_tables(tmp_path, submission, truth).map == 1


def test_equal_confidences_within_an_image(tmp_path: Path) -> None:
    truth = Table({"a": [(0, 1, LEFT)]})
    # The last takes the cell; pooling turns equals round once more, so that the duplicate stands before it.
    assert score_tables(tmp_path, Table({"a": [(0, 0.5, LEFT), (0, 0.5, LEFT)]}), truth).map == 0.5
    assert score_tables(tmp_path, Table({"a": [(0, 0.6, LEFT), (0, 0.5, LEFT)]}), truth).map == 1


@pytest.mark.parametrize(("image_with_cell", "expected"), [("a", 0.5), ("b", 1.0)])
def test_equal_confidences_of_two_images(tmp_path: Path, image_with_cell: str, expected: float) -> None:
    # The image with the higher ID comes first, whatever the order of the rows.
    for order in ("ab", "ba"):
        submission = Table({name: [(0, 0.5, LEFT)] for name in order})
        truth = Table({name: [(0, 1, LEFT)] if name == image_with_cell else [] for name in order})
        assert score_tables(tmp_path, submission, truth).map == expected


def test_iou_of_exactly_the_bound_matches(tmp_path: Path) -> None:
    truth = Table({"a": [(0, 1, box(0, 0, 5, 1))]})
    submission = Table({"a": [(0, 1, box(0, 0, 3, 1))]})
    assert score_tables(tmp_path, submission, truth).map == 1
    assert score_tables(tmp_path, submission, truth, min_iou=0.61).map == 0


def test_a_class_that_the_image_lacks(tmp_path: Path) -> None:
    truth = Table({"a": [(0, 1, LEFT)], "b": [(3, 1, LEFT)]})
    submission = Table({"a": [(0, 0.5, LEFT), (3, 0.9, LEFT)], "b": [(3, 0.5, LEFT)]})
    assert score_tables(tmp_path, submission, truth, "fp").average_precision[3] == 0.5
    ignoring = score_tables(tmp_path, submission, truth, "ignore")
    assert ignoring.average_precision[3] == 1
    assert ignoring.detections[3] == 1


def test_empty_masks_count_for_nothing(tmp_path: Path) -> None:
    nothing = np.zeros(SHAPE, bool)
    truth = Table({"a": [(0, 1, LEFT), (0, 1, nothing), (5, 1, nothing)]})
    submission = Table({"a": [(0, 0.9, nothing), (0, 0.5, LEFT), (5, 1, nothing)]})
    found = score_tables(tmp_path, submission, truth)
    assert found.map == 1
    assert found.average_precision[5] is None
    assert found.detections[0] == found.truth_cells[0] == 1


def test_images_that_only_one_of_the_two_has(tmp_path: Path) -> None:
    truth = Table({"a": [(0, 1, LEFT)], "b": [(0, 1, LEFT)]})
    submission = Table({"b": [(0, 1, LEFT)], "x": [(0, 1, LEFT)], "y": []})
    found = score_tables(tmp_path, submission, truth)
    assert found.map == 0.5
    assert (found.images, found.images_without_row, found.ignored_images) == (2, 1, 2)
    assert found.detections[0] == 1


def test_without_any_truth(tmp_path: Path) -> None:
    for truth in (Table({}), Table({"a": []})):
        found = score_tables(tmp_path, Table({"a": [(0, 1, LEFT)]}), truth)
        assert found.map is None
        assert set(found.average_precision) == {None}
    assert score_tables(tmp_path, Table({}), Table({"a": [(0, 1, LEFT)]})).map == 0


def read_rows(path: Path, *rows: str) -> Submission:
    path.write_text("\n".join(["ID,ImageWidth,ImageHeight,PredictionString", *rows, ""]))
    return read_submission(path)


def test_an_image_of_another_size(tmp_path: Path) -> None:
    truth = read_rows(tmp_path / "truth.csv", "a,5,6,", "b,5,6,")
    submission = read_rows(tmp_path / "submission.csv", "b,6,5,", "a,5,6,")
    with pytest.raises(
        InputError, match=r"submission\.csv, image b: 6 x 5 px.*expected 5 x 6 px.*truth\.csv"
    ):
        score(submission, truth)


def test_a_faulty_mask_is_named_with_its_triple(tmp_path: Path) -> None:
    good, other_size = encode(LEFT), encode(np.zeros((2, 2)))
    sound = read_rows(tmp_path / "sound.csv", "a,5,6,", f"b,5,6,0 1 {good}")
    for bad, found in (("!", "not base64"), (other_size, "add up to 4 pixels; expected 30")):
        rows = ("a,5,6,", f"b,5,6,0 1 {good} 1 1 {good} 2 1 {bad} 3 1 {bad}")
        faulty = read_rows(tmp_path / "faulty.csv", *rows)
        for files in ((faulty, sound), (sound, faulty)):
            with pytest.raises(InputError, match=rf"faulty\.csv, line 3, image b, triple 3: .*{found}"):
                score(*files)
