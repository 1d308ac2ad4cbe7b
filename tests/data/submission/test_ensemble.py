from pathlib import Path

import numpy as np
import pytest

from data.errors import InputError
from data.masks.rle import decode_mask
from data.predictions.submission import Submission, read_submission
from data.submission.ensemble import check_images, merge_submissions
from tests.factories.submission.small_files import disc, encode, write

LEFT, RIGHT = disc((24, 14), 9), disc((24, 44), 12)
NEAR, THIRD = disc((24, 46), 12), disc((25, 44), 12)
A, B, C, D = map(encode, (LEFT, RIGHT, NEAR, THIRD))


def read(tmp_path: Path, *texts: str) -> list[Submission]:
    return [
        read_submission(write(tmp_path / f"{number}.csv", [f"a,64,48,{text}"]))
        for number, text in enumerate(texts)
    ]


def triples(text: str) -> list[tuple[int, float, str]]:
    tokens = text.split()
    return [(int(tokens[i]), float(tokens[i + 1]), tokens[i + 2]) for i in range(0, len(tokens), 3)]


def test_confidences_are_averaged_and_missing_ones_count_as_nothing(tmp_path: Path) -> None:
    files = read(tmp_path, f"7 .5 {A} 3 1 {B}", f"3 .5 {C} 2 .25 {C}")
    (row,) = merge_submissions(files, (1, 1), min_iou=0.6)
    assert triples(row.prediction_string) == [(3, 0.75, B), (7, 0.25, A), (2, 0.125, B)]
    (row,) = merge_submissions(files, (3, 1), min_iou=0.6)
    assert triples(row.prediction_string) == [(3, 0.875, B), (7, 0.375, A), (2, 0.0625, B)]


def test_a_file_with_itself_is_the_same_file(tmp_path: Path) -> None:
    text = f"3 1 {B} 7 0.5 {A} 2 0.25 {B}"
    (file,) = read(tmp_path, text)
    for mask in ("first", "majority"):
        (row,) = merge_submissions([file, file, file], (1, 2, 0.3), min_iou=0.6, mask=mask)
        assert row.prediction_string == text


def test_cells_that_few_have_are_left_out(tmp_path: Path) -> None:
    files = read(tmp_path, f"7 .5 {A} 3 1 {B}", f"3 .5 {C}")
    (row,) = merge_submissions(files, (1, 1), min_iou=0.6, min_found=2)
    assert triples(row.prediction_string) == [(3, 0.75, B)]
    (row,) = merge_submissions(files, (1, 1), min_iou=0.99)
    assert triples(row.prediction_string) == [(3, 0.5, B), (7, 0.25, A), (3, 0.25, C)]


@pytest.mark.parametrize("weights", [(1, 1, 1), (1, 2, 4), (0.1, 0.2, 0.3)])
def test_pixels_of_the_majority(tmp_path: Path, weights: tuple[float, ...]) -> None:
    files = read(tmp_path, f"3 1 {B}", f"3 1 {C}", f"3 1 {D}")
    (row,) = merge_submissions(files, weights, min_iou=0.6, mask="majority")
    ((_, confidence, string),) = triples(row.prediction_string)
    votes = sum(round(10 * w) * m for w, m in zip(weights, (RIGHT, NEAR, THIRD), strict=True))
    expected = 2 * votes > round(10 * sum(weights))
    np.testing.assert_array_equal(decode_mask(string, 48, 64), expected)
    assert string == encode(expected)
    assert confidence == 1


def test_images_that_some_lack(tmp_path: Path) -> None:
    first = read_submission(write(tmp_path / "a.csv", [f"a,64,48,3 1 {B}", f"b,64,48,3 .5 {B}"]))
    second = read_submission(write(tmp_path / "b.csv", [f"c,64,48,3 .25 {B}", "a,64,48,"]))
    rows = list(merge_submissions([first, second], (1, 1), min_iou=0.6))
    assert [(row.image_id, row.prediction_string) for row in rows] == [
        ("a", f"3 0.5 {B}"),
        ("b", f"3 0.5 {B}"),
        ("c", f"3 0.25 {B}"),
    ]
    check_images([first, second])
    other = read_submission(write(tmp_path / "c.csv", ["d,64,48,"]))
    with pytest.raises(InputError, match=r"c\.csv: none of the images of .*a\.csv"):
        check_images([first, other])
    turned = read_submission(write(tmp_path / "d.csv", ["c,48,64,"]))
    with pytest.raises(InputError, match="48 x 64 px"):
        list(merge_submissions([first, second, turned], (1, 1, 1), min_iou=0.6))
