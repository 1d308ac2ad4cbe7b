from pathlib import Path

import numpy as np
import pytest

from data.errors import InputError
from data.predictions.submission import read_submission
from data.submission.cells import SubmissionCells, match_cells
from data.submission.difference import compare_submissions
from data.submission.label_image import draw_label_image
from tests.factories.submission.small_files import disc, encode, write

SHAPE = (48, 64)
LEFT, RIGHT = disc((24, 14), 9), disc((24, 44), 12)
MOVED = disc((24, 52), 12)
NEAR = disc((24, 45), 12)
FAR = disc((5, 28), 4)
A, B, EMPTY = encode(LEFT), encode(RIGHT), encode(np.zeros(SHAPE))


def cells_of(path: Path, text: str) -> list:
    return SubmissionCells(read_submission(write(path, [f"a,64,48,{text}"]))).of_image(0)


def iou(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum() / (a | b).sum())


def test_cells_with_their_classes(tmp_path: Path) -> None:
    cells = cells_of(tmp_path / "s.csv", f"7 .5 {A} 3 1 {B} 16 .25 {A} 7 .75 {A} 0 1 {EMPTY}")
    assert [(cell.triple, cell.mask, cell.confidences) for cell in cells] == [
        (1, A, {7: 0.75, 16: 0.25}),
        (2, B, {3: 1.0}),
    ]


def test_label_image_gives_shared_pixels_to_the_more_confident(tmp_path: Path) -> None:
    cells = cells_of(tmp_path / "s.csv", f"7 .5 {B} 3 .9 {encode(NEAR)} 3 .9 {A} 1 .9 {encode(MOVED)}")
    image, shown = draw_label_image(cells, *SHAPE, where="a")
    expected = np.zeros(SHAPE, np.uint16)
    for number, mask in ((1, RIGHT), (4, MOVED), (3, LEFT), (2, NEAR)):
        expected[mask] = number
    np.testing.assert_array_equal(image, expected)
    assert shown.tolist() == np.bincount(expected.ravel(), minlength=5)[1:].tolist()


def test_an_image_too_large_to_lay_out(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="65535 x 65535 px; expected at most"):
        draw_label_image([], 65535, 65535, where="a")


def test_matches_are_one_to_one_and_the_best_first(tmp_path: Path) -> None:
    first = cells_of(tmp_path / "a.csv", f"0 1 {B} 0 1 {A}")
    second = cells_of(tmp_path / "b.csv", f"0 1 {encode(NEAR)} 0 1 {B} 0 1 {encode(MOVED)}")
    assert match_cells(first, second, 0.1, where="a") == [(0, 1, 1.0)]
    assert match_cells(second, first, 0.1, where="a") == [(1, 0, 1.0)]


def test_what_became_of_each_cell(tmp_path: Path) -> None:
    rows = [f"a,64,48,7 .5 {A} 3 1 {B} 1 .2 {B}", f"b,64,48,0 1 {B}", f"c,64,48,0 1 {A}", "d,64,48,"]
    first = read_submission(write(tmp_path / "a.csv", rows))
    rows = [f"a,64,48,3 .5 {encode(NEAR)} 7 .5 {A}", f"b,64,48,0 1 {encode(MOVED)} 0 1 {encode(FAR)}"]
    second = read_submission(write(tmp_path / "b.csv", [*rows, "c,64,48,", "e,64,48,"]))
    found = compare_submissions(first, second, 0.6)
    assert [(c.image_id, c.state, c.first_triple, c.second_triple) for c in found.cells] == [
        ("a", "same", 1, 2),
        ("a", "matched", 2, 1),
        ("b", "moved", 1, 1),
        ("b", "added", None, 2),
        ("c", "lost", 1, None),
    ]
    assert [c.iou for c in found.cells] == [1.0, iou(RIGHT, NEAR), iou(RIGHT, MOVED), None, None]
    assert found.cells[1].confidences == {1: (0.2, None), 3: (1.0, 0.5)}
    assert (found.lost_images, found.added_images) == (["d"], ["e"])
    assert found.count_states() == {"same": 1, "matched": 1, "moved": 1, "lost": 1, "added": 1}


def test_images_of_different_sizes(tmp_path: Path) -> None:
    first = read_submission(write(tmp_path / "a.csv", ["a,64,48,"]))
    second = read_submission(write(tmp_path / "b.csv", ["a,48,64,"]))
    with pytest.raises(InputError, match=r"b\.csv, image a: 48 x 64 px"):
        compare_submissions(first, second, 0.6)
