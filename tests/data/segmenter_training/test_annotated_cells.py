"""Outlines by hand in the layout of the HPA's annotated set."""

import json
from pathlib import Path

import numpy as np
import pytest

from data.segmenter_training.annotated_cells import find_annotations, read_annotated_cells


def test_ids_are_the_names_of_folders(tmp_path: Path) -> None:
    for name in ("train/a", "train/b", "valid/b"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "annotation.json").touch()
    found = find_annotations(tmp_path)
    assert sorted(found) == ["a", "train_a", "train_b", "valid_b"]
    assert found["a"] == found["train_a"] == tmp_path / "train/a/annotation.json"
    assert sorted(find_annotations(tmp_path / "train/a")) == ["a"]


def test_y_goes_up_and_other_labels_are_passed_over(tmp_path: Path) -> None:
    def feature(label: str, *corners: tuple[int, int]) -> dict:
        geometry = {"type": "Polygon", "coordinates": [list(map(list, corners))]}
        return {"type": "Feature", "geometry": geometry, "properties": {"label": label}}

    low = feature("cell", (2, 1), (10, 1), (10, 5), (2, 5))
    nucleus = feature("nuclei", (20, 20), (25, 20), (25, 25), (20, 25))
    path = tmp_path / "annotation.json"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [low, nucleus]}))
    cells = read_annotated_cells(path, np.zeros((40, 30), np.uint8))
    expected = np.zeros((40, 30), np.uint16)
    expected[35:40, 2:11] = 1
    np.testing.assert_array_equal(cells, expected)


@pytest.mark.parametrize("is_up", [True, False])
def test_the_nuclei_decide_which_way_is_up(
    tmp_path: Path, is_up: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """kaibu-utils 0.1.14 writes y from the upper edge, while the published set has it from the lower one."""
    stain = np.full((40, 30), 5, np.uint8)
    stain[30:34, 5:9] = 200
    rows = (28, 36)
    ring = [[3, rows[0]], [12, rows[0]], [12, rows[1]], [3, rows[1]]]
    if is_up:
        ring = [[x, 40 - y] for x, y in ring]
    geometry = {"type": "Polygon", "coordinates": [ring]}
    feature = {"type": "Feature", "geometry": geometry, "properties": {"label": "cell"}}
    path = tmp_path / "annotation.json"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    cells = read_annotated_cells(path, stain)
    np.testing.assert_array_equal(np.flatnonzero(cells.any(axis=1)), np.arange(28, 37))
    assert ("y going down" in caplog.text) == (not is_up)
