"""The tools for submissions by the command line: check, decode, diff, merge."""

import json
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from data.masks.label_image import read_label_image
from pipeline.cli import app
from tests.factories.command_line import run_here
from tests.factories.submission.small_files import disc, encode, encode_row_major, write

LEFT, RIGHT, NEAR = disc((24, 14), 9), disc((24, 44), 12), disc((24, 46), 12)
A, B, C = map(encode, (LEFT, RIGHT, NEAR))


def shown(*arguments: object, status: int = 0) -> str:
    result = CliRunner().invoke(app, ["submission", *map(str, arguments)])
    assert result.exit_code == status, result.output
    return result.stdout


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return write(tmp_path / "good.csv", [f"a,64,48,7 .5 {A}  3 1e-1 {B} 16 .25 {A}", "b,64,48,"])


def test_a_good_submission(good: Path) -> None:
    assert shown("check", good) == "2 images, 3 triples, 2 masks: no problem\n"
    assert json.loads(shown("check", good, "--json", "--images", good))["problems"] == []


def test_problems_as_a_table_and_as_json(tmp_path: Path, good: Path) -> None:
    bad = write(
        tmp_path / "bad.csv", [f"a,64,48,99 1 {A} 3 2 {encode_row_major(RIGHT)}", f"c,64,48,3 1 {B[:-4]}"]
    )
    table = shown("check", bad, "--images", good, status=1)
    assert "      2       1 a     label        '99'; expected a class number 0..18" in table
    assert "transposed" in table
    assert table.endswith("2 images, 3 triples, 3 masks: 6 problems\n")
    found = json.loads(shown("check", bad, "--images", good, "--json", status=1))
    assert found["counts"] == {
        "unknown": 1,
        "missing": 1,
        "label": 1,
        "confidence": 1,
        "zlib": 1,
        "transposed": 1,
    }
    assert found["problems"][0] == {
        "kind": "label",
        "line": 2,
        "image_id": "a",
        "triple": 1,
        "found": "'99'",
        "expected": "a class number 0..18 of the label set hpa2021",
    }


def test_what_cannot_be_checked_is_one_line(tmp_path: Path, good: Path) -> None:
    for arguments in (("check", tmp_path / "none.csv"), ("check", good, "--images", tmp_path / "none.csv")):
        told = run_here("submission", *arguments, status=2)
        assert "none.csv: no such file" in told
        assert told.count("\n") == 1
    for arguments in (
        ("decode", tmp_path / "none.csv", "-o", tmp_path / "d"),
        ("diff", good, tmp_path / "none.csv"),
    ):
        told = run_here("submission", *arguments, status=2)
        assert "none.csv" in told
        assert told.count("\n") == 1


def test_decode(tmp_path: Path, good: Path) -> None:
    out = tmp_path / "out"
    run_here("submission", "decode", good, "-o", out)
    image = cv2.imread(str(out / "masks" / "a_cells.png"), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(image, LEFT + 2 * RIGHT)
    assert not read_label_image(out / "masks" / "b_cells.png").any()
    table = pd.read_csv(out / "cells.csv", dtype=str)
    assert table.to_dict("records") == [
        {
            "ID": "a",
            "Cell": "1",
            "Label": "7|16",
            "Confidence": "0.5|0.25",
            "Area": str(LEFT.sum()),
            "Shown": str(LEFT.sum()),
        },
        {
            "ID": "a",
            "Cell": "2",
            "Label": "3",
            "Confidence": "0.1",
            "Area": str(RIGHT.sum()),
            "Shown": str(RIGHT.sum()),
        },
    ]
    assert "nothing changed" in run_here("submission", "decode", good, "-o", out)
    # Nothing of an earlier submission stays among the masks of another one.
    other = write(tmp_path / "other.csv", [f"c,64,48,1 1 {B}"])
    run_here("submission", "decode", other, "-o", out)
    assert [path.name for path in (out / "masks").glob("*.png")] == ["c_cells.png"]


def test_one_faulty_image_does_not_stop_the_others(tmp_path: Path) -> None:
    rows = [
        f"a,64,48,7 1 {A}",
        f"b,64,48,7 1 {A[:-4]}",
        f"../c,64,48,7 1 {A}",
        f"d,64,0,7 1 {A}",
        f"e,1000000,1000000,7 1 {A}",
        f"a,64,48,7 1 {A}",
        f"f,64,48,7 1 {B}",
    ]
    path = write(tmp_path / "s.csv", rows)
    told = run_here("submission", "decode", path, "-o", tmp_path / "out", status=2)
    assert sorted(path.name for path in (tmp_path / "out" / "masks").glob("*.png")) == [
        "a_cells.png",
        "f_cells.png",
    ]
    assert told.count("left out") == 5
    assert not list(tmp_path.rglob("c_cells.png"))
    run_here("submission", "decode", path, "-o", tmp_path / "out", "--allow-failed")
    none = write(tmp_path / "none.csv", rows[1:2])
    told = run_here("submission", "decode", none, "-o", tmp_path / "other", status=2)
    assert "not one of 1 images can be decoded" in told


def test_diff(tmp_path: Path, good: Path) -> None:
    other = write(tmp_path / "other.csv", [f"a,64,48,7 .75 {A} 3 .1 {C}", "b,64,48,"])
    truth = write(tmp_path / "truth.csv", [f"a,64,48,7 1 {A} 16 1 {A}", "b,64,48,"])
    table = shown("diff", good, other, "--truth", truth)
    assert table.startswith("1 same, 1 matched, 0 moved, 0 lost, 0 added\n")
    assert " 7 Golgi apparatus" in table
    assert table.rstrip().splitlines()[-1].split() == ["mAP", "1.0000", "0.5000", "-0.5000"]
    found = json.loads(shown("diff", good, other, "--json"))
    assert "scores" not in found
    assert [change["confidences"] for change in found["changes"]] == [
        {"7": [0.5, 0.75], "16": [0.25, None]},
        {"3": [0.1, 0.1]},
    ]
    assert shown("diff", good, good).splitlines() == ["2 same, 0 matched, 0 moved, 0 lost, 0 added"]


def test_merge(tmp_path: Path, good: Path) -> None:
    other = write(tmp_path / "other.csv", [f"a,64,48,7 .75 {A} 3 .3 {C}", "b,64,48,"])
    out = tmp_path / "merged.csv"
    assert shown("merge", good, other, "-o", out) == f"2 images, 3 triples\nsubmission: {out}\n"
    assert out.read_text().splitlines()[1:] == [f"a,64,48,7 0.625 {A} 3 0.2 {B} 16 0.125 {A}", "b,64,48,"]
    assert shown("check", out, "--images", good).endswith("no problem\n")
    shown("merge", good, other, "-o", out, "--weight", 3, "--weight", 1, "--iou", 0.95)
    assert out.read_text().splitlines()[1] == f"a,64,48,7 0.5625 {A} 16 0.1875 {A} 3 0.075 {B} 3 0.075 {C}"
    for arguments, message in (
        ((good,), "1 submission; expected two or more"),
        ((good, other, "--weight", 1), "expected 2 numbers above 0"),
        ((good, other, "--weight", 1, "--weight", 0), "expected 2 numbers above 0"),
        ((good, other, "--weight", 1, "--weight", "nan"), "expected 2 numbers above 0"),
    ):
        assert message in run_here("submission", "merge", *arguments, "-o", tmp_path / "x.csv", status=2)
    told = run_here("submission", "merge", good, other, "-o", good, status=2)
    assert "good.csv" in told
