"""Outlines by hand in the layout of the HPA's annotated set."""

import json
from pathlib import Path

import numpy as np

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
    cells = read_annotated_cells(path, (40, 30))
    expected = np.zeros((40, 30), np.uint16)
    expected[35:40, 2:11] = 1
    np.testing.assert_array_equal(cells, expected)
