import json
import re
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from data.errors import InputError
from data.labels.label_set import HPA2021, LabelSet, read_label_set
from data.masks.rle import encode_mask
from data.predictions.submission import SubmissionRow, write_submission
from stages.score.paths import ScoreInputs, ScoreOutputs
from stages.score.run import choose_label_set, format_scores, run
from stages.score.settings import ScoreSettings
from stages.stage import StageReport
from tests.factories.context import QuietContext


def score(
    files: tuple[Path, Path],
    settings: ScoreSettings | None = None,
    target: Path | None = None,
    predicted: LabelSet | None = None,
) -> StageReport:
    inputs = ScoreInputs(*files, predicted)
    return run(inputs, ScoreOutputs(target), settings or ScoreSettings(), QuietContext())


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Class 0 found, class 3 found at IoU 0.75 behind a false positive in an image that lacks it."""
    whole, part = np.ones((8, 4), bool), np.ones((8, 4), bool)
    part[:2] = False
    whole, part = encode_mask(whole), encode_mask(part)
    truth = [("a", f"0 1 {whole} 3 1 {whole}"), ("b", f"0 1 {whole}"), ("c", "")]
    found = [("b", f"3 0.9 {whole} 0 0.5 {whole}"), ("a", f"0 0.6 {whole} 3 0.5 {part}"), ("x", "")]
    paths = tmp_path / "submission.csv", tmp_path / "truth.csv"
    for path, rows in zip(paths, (found, truth), strict=True):
        write_submission(path, [SubmissionRow(image_id, 4, 8, text) for image_id, text in rows])
    return paths


@pytest.mark.parametrize(
    ("settings", "third"),
    [({}, 0.5), ({"absent": "ignore"}, 1.0), ({"iou": 0.8}, 0.0), ({"absent": "ignore", "iou": 0.75}, 1.0)],
)
def test_json_and_details(
    files: tuple[Path, Path], tmp_path: Path, settings: dict[str, object], third: float
) -> None:
    target = tmp_path / "scores" / "score.json"
    chosen = ScoreSettings.model_validate(settings)
    report = score(files, chosen, target)
    written = json.loads(target.read_text())
    assert written == {
        "map": (1 + third) / 2,
        "ap": {str(label): {0: 1.0, 3: third}.get(label) for label in range(19)},
    }
    assert report.details["map"] == written["map"]
    assert (report.details["absent"], report.details["iou"]) == (chosen.absent, chosen.iou)
    assert [row["ap"] for row in report.details["classes"]] == list(written["ap"].values())
    assert report.details["classes"][3] == {
        "label": 3,
        "name": "Nucleoli fibrillar center",
        "ap": third,
        "truth": 1,
        "detections": 1 if chosen.absent == "ignore" else 2,
    }
    assert json.loads(json.dumps(report.details)) == report.details


def test_other_label_sets(files: tuple[Path, Path], tmp_path: Path) -> None:
    default = score(files).details
    own = tmp_path / "own.toml"
    own.write_text('names = ["One", "Two", "Three", "Four"]')
    target = tmp_path / "score.json"
    for name, count in (("hpa2018", 28), (str(own), 4)):
        details = score(files, ScoreSettings(label_set=name), target).details
        assert [row["name"] for row in details["classes"]] == list(read_label_set(name).names)
        assert list(json.loads(target.read_text())["ap"]) == [str(label) for label in range(count)]
        assert details["map"] == default["map"]
        assert [row["ap"] for row in details["classes"][:4]] == [row["ap"] for row in default["classes"][:4]]
    assert format_scores(details).splitlines()[4].split() == ["3", "Four", "0.5000", "1", "2"]


def test_what_the_classes_are_where_no_setting_says(files: tuple[Path, Path]) -> None:
    predicted = LabelSet(names=("One", "Two", "Three", "Four"), title="of W")
    details = score(files, predicted=predicted).details
    assert [row["name"] for row in details["classes"]] == list(predicted.names)
    own = LabelSet(names=("Up", "Down", "Left", "Right"))
    assert choose_label_set(ScoreSettings(), None) == HPA2021
    assert choose_label_set(ScoreSettings(label_set="hpa2018"), None).names == read_label_set("hpa2018").names
    assert choose_label_set(ScoreSettings(), own) is own
    with pytest.raises(
        InputError, match=r"hpa2018 \(28 classes\); expected the label set of W \(4 classes\)"
    ):
        choose_label_set(ScoreSettings(label_set="hpa2018"), predicted)


def test_a_class_that_the_label_set_lacks(files: tuple[Path, Path], tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text('names = ["One", "Two", "Three"]')
    with pytest.raises(
        InputError, match=r"submission\.csv, line 2 \(b\): label '3' .*0\.\.2 of the label set .*own"
    ):
        score(files, ScoreSettings(label_set=str(own)))
    with pytest.raises(InputError, match="hpa2022: no such label set; .*hpa2018, hpa2021"):
        score(files, ScoreSettings(label_set="hpa2022"))


def test_counts(files: tuple[Path, Path]) -> None:
    assert score(files).counts == {
        "mAP": 0.75,
        "images": 3,
        "truth cells and classes": 3,
        "detections": 4,
        "images without a row": 1,
        "images that the truth lacks": 1,
    }


def test_table_of_text(files: tuple[Path, Path]) -> None:
    lines = format_scores(score(files).details).splitlines()
    assert len(lines) == 21
    assert lines[0].split() == ["class", "AP", "cells", "detections"]
    assert lines[1].split() == ["0", "Nucleoplasm", "1.0000", "2", "2"]
    assert lines[2].split() == ["1", "Nuclear", "membrane", "-", "0", "0"]
    assert lines[-1].split() == ["mAP", "at", "mask", "IoU", "0.6", "0.7500"]
    assert len({len(line) for line in lines[:-1]}) == 1


def test_without_truth(tmp_path: Path) -> None:
    path, target = tmp_path / "empty.csv", tmp_path / "score.json"
    write_submission(path, [SubmissionRow("a", 4, 8, "")])
    report = score((path, path), target=target)
    assert json.loads(target.read_text()) == {"map": None, "ap": dict.fromkeys(map(str, range(19)))}
    assert "mAP" not in report.counts
    assert format_scores(report.details).endswith("-")


@pytest.mark.parametrize("settings", [{"absent": "maybe"}, {"iou": 0}, {"iou": 1.1}, {"unknown": 1}])
def test_settings_that_cannot_be(settings: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ScoreSettings.model_validate(settings)


@pytest.mark.parametrize(
    ("ids", "told"),
    [
        (("a.png", "b.png"), "2 of them differ by the ending of a file alone: 'a.png' for 'a'; expected"),
        ((" a", "b "), "2 of them differ by blanks around them alone"),
        (("x", "y"), "the 2 IDs here are others, such as x; one there is a); expected"),
    ],
)
def test_ids_that_match_nothing_are_an_error(
    files: tuple[Path, Path], ids: tuple[str, str], told: str
) -> None:
    submission, truth = files
    header = "ID,ImageWidth,ImageHeight,PredictionString\n"
    truth.write_text(f"{header}a,8,8,\nb,8,8,\n")
    submission.write_text(header + "".join(f"{image_id},8,8,\n" for image_id in ids))
    with pytest.raises(InputError, match=re.escape(told)):
        score((submission, truth))


def test_ids_of_which_some_nearly_match_are_a_warning(
    files: tuple[Path, Path], caplog: pytest.LogCaptureFixture
) -> None:
    submission, truth = files
    header = "ID,ImageWidth,ImageHeight,PredictionString\n"
    truth.write_text(f"{header}a,8,8,\nb,8,8,\nc,8,8,\n")
    submission.write_text(f"{header}a,8,8,\nb.png,8,8,\nz,8,8,\n")
    score((submission, truth))
    assert "2 of 3 images of the truth have no row; 1 of them differ by the ending of a file" in caplog.text


def test_a_truth_without_a_row_is_refused(files: tuple[Path, Path]) -> None:
    write_submission(files[1], [])
    with pytest.raises(InputError, match=r"truth\.csv: no row below the header"):
        score(files)


def test_places_among_teams(
    files: tuple[Path, Path], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rows = [f"{team},{label},{value}" for team, value in (("a", 0.9), ("b", 0.2)) for label in range(19)]
    teams = tmp_path / "teams.csv"
    teams.write_text("\n".join(["team,Class,AP_private", *rows, "broken,0,0.5", ""]))
    inputs, target = ScoreInputs(*files, None, teams), tmp_path / "scores.json"
    report = run(inputs, ScoreOutputs(target), ScoreSettings(), QuietContext())
    aps = [row["ap"] for row in report.details["classes"]]
    expected = [None if ap is None else 1 + (ap < 0.9) + (ap < 0.2) for ap in aps]
    assert report.details["teams"]["ap"] == expected
    assert json.loads(target.read_text())["teams"]["ap"] == expected
    assert "broken is left out: no AP of Nuclear membrane" in caplog.text
    told = format_scores(report.details).splitlines()
    assert re.fullmatch(r"place among 2 teams +place", told[-21])
    assert re.fullmatch(r" 0 Nucleoplasm +1", told[-20])
