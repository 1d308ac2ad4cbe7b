"""Thresholds, intervals and curves beside plain computations."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.score.judged_detections import JudgedDetections
from stages.score.details import find_intervals, tabulate_thresholds, write_curves


@pytest.fixture
def judged() -> JudgedDetections:
    """Two images, two classes with truth and one without."""
    return JudgedDetections(
        classes=3,
        labels=np.array([0, 1, 0, 0, 2]),
        image_places=np.array([0, 1, 1, 0, 0]),
        confidences=np.array([0.9, 0.8, 0.7, 0.6, 0.5]),
        right=np.array([True, False, False, True, False]),
        truth_labels=np.array([0, 0, 0, 1]),
        truth_places=np.array([0, 0, 1, 1]),
        images=2,
        images_without_row=0,
        ignored_images=0,
    )


def test_the_mean_at_each_threshold(judged: JudgedDetections) -> None:
    # Class 0: right at ranks 1 and 3 of 3 true cells.
    expected = (1 + 2 / 3) / 3
    (row,) = tabulate_thresholds([0.5], [judged])
    assert row["iou"] == 0.5
    assert row["ap"] == [pytest.approx(expected), 0.0, None]
    assert row["map"] == pytest.approx(expected / 2)


def test_intervals_are_those_of_the_samples(judged: JudgedDetections) -> None:
    assert judged.average_precisions(np.array([1, 1]))[0] == pytest.approx((1 + 2 / 3) / 3)
    assert judged.average_precisions(np.array([2, 0])) == (1.0, None, None)
    assert judged.average_precisions(np.array([0, 2]))[:2] == (0.0, 0.0)
    found = find_intervals(judged, 400, seed=1)
    # A quarter of the samples each: image 0 twice (AP 1 of class 0 alone), and image 1 twice (nothing right).
    assert found == {"samples": 400, "map": [0, 1], "ap": [[0, 1], [0, 0], None]}


def test_curves_of_the_classes_with_truth(judged: JudgedDetections, tmp_path: Path) -> None:
    write_curves(tmp_path / "curves", judged, ["a", "b", "c"])
    table = pd.read_csv(tmp_path / "curves" / "precision_recall.csv")
    of_first = table[table["name"] == "a"]
    assert of_first["confidence"].tolist() == [0.9, 0.7, 0.6]
    assert of_first["recall"].tolist() == pytest.approx([1 / 3, 1 / 3, 2 / 3], abs=1e-5)
    assert of_first["precision"].tolist() == pytest.approx([1, 0.5, 2 / 3], abs=1e-5)
    assert set(table["name"]) == {"a", "b"}
    assert (tmp_path / "curves" / "precision_recall.png").stat().st_size > 5_000


def test_without_any_truth(judged: JudgedDetections, tmp_path: Path) -> None:
    none = replace(judged, truth_labels=np.empty(0, int), truth_places=np.empty(0, int))
    write_curves(tmp_path, none, ["a", "b", "c"])
    assert len(pd.read_csv(tmp_path / "precision_recall.csv")) == 0
    assert find_intervals(none, 5, seed=1)["map"] is None
    assert tabulate_thresholds([0.5], [none])[0]["map"] is None
