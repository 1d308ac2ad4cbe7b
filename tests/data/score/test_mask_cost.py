"""Scores of true classes and of true masks, on cells whose masks or classes are wrong."""

from pathlib import Path

import numpy as np
import pytest

from data.masks.rle import encode_mask
from data.predictions.submission import Submission, SubmissionRow, read_submission, write_submission
from data.score.kaggle_map import score
from data.score.mask_cost import with_true_classes, with_true_masks

SIZE = 30


def square(y: int, x: int, side: int = 10) -> str:
    mask = np.zeros((SIZE, SIZE), bool)
    mask[y : y + side, x : x + side] = True
    return encode_mask(mask)


@pytest.fixture
def read(tmp_path: Path):
    def read(name: str, **images: list[str]) -> Submission:
        rows = [
            SubmissionRow(image_id, SIZE, SIZE, " ".join(triples)) for image_id, triples in images.items()
        ]
        write_submission(tmp_path / name, rows)
        return read_submission(tmp_path / name)

    return read


@pytest.fixture
def truth(read) -> Submission:
    return read("truth.csv", a=[f"3 1 {square(0, 0)}", f"5 1 {square(0, 0)}", f"3 1 {square(15, 15)}"], b=[])


def scores(found: Submission, truth: Submission) -> tuple[float | None, float | None]:
    made = with_true_classes(found, truth, 0.6), with_true_masks(found, truth)
    return score(made[0], truth).map, score(made[1], truth).map


def test_a_perfect_submission_loses_nothing(truth: Submission) -> None:
    assert scores(truth, truth) == (1, 1)


def test_wrong_classes_on_right_masks(read, truth: Submission) -> None:
    found = read("s.csv", a=[f"7 0.9 {square(0, 0)}", f"3 0.8 {square(15, 15)}"], b=[f"3 0.5 {square(0, 0)}"])
    # Class 3 finds one of its two cells, and class 5 none.
    assert scores(found, truth) == (1, pytest.approx(0.25))


def test_right_classes_on_wrong_masks(read, truth: Submission) -> None:
    # The first mask shares a quarter of its pixels with the cell.
    found = read(
        "s.csv", a=[f"3 0.9 {square(5, 5)}", f"5 0.9 {square(5, 5)}", f"3 0.8 {square(15, 15)}"], b=[]
    )
    assert score(found, truth).map < 0.5
    assert scores(found, truth) == (pytest.approx(0.25), 1)


def test_two_masks_on_one_cell_count_once(read, truth: Submission) -> None:
    found = read(
        "s.csv",
        a=[
            f"3 0.4 {square(0, 0, 7)}",
            f"3 0.9 {square(7, 7, 3)}",
            f"5 0.9 {square(0, 0, 7)}",
            f"3 0.8 {square(15, 15)}",
        ],
    )
    made = with_true_masks(found, truth)
    assert sorted(made.triples["confidence"]) == [0.8, 0.9, 0.9]
    assert score(made, truth).map == 1


def test_without_any_mask(read, truth: Submission) -> None:
    assert scores(read("s.csv", a=[]), truth) == (0, 0)
