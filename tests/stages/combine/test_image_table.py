from pathlib import Path

import numpy as np
import pytest

from data.errors import InputError
from data.labels.class_mapping import map_classes
from data.labels.label_set import read_label_set
from data.predictions.predictions_table import write_predictions
from stages.combine.image_table import read_image_probabilities

IMAGES = ["b", "a", "c"]
OF_CELLS = np.array(["a", "a", "b", "c"])
VALUES = np.random.default_rng(3).random((3, 19)).astype(np.float32)


@pytest.fixture
def cells(tmp_path: Path) -> Path:
    path = tmp_path / "cells.parquet"
    write_predictions(path, OF_CELLS.tolist(), np.arange(1, 5), np.zeros((4, 19)))
    return path


def write(folder: Path, image_ids: list[str] = IMAGES, values: np.ndarray = VALUES, **options) -> Path:
    path = folder / "fields.parquet"
    write_predictions(path, image_ids, np.arange(1, len(image_ids) + 1), values, **options)
    return path


def test_each_cell_has_its_image(tmp_path: Path, cells: Path) -> None:
    found = read_image_probabilities(write(tmp_path), OF_CELLS, cells, None)
    np.testing.assert_array_equal(found, VALUES[[1, 1, 0, 2]])


def test_classes_are_merged_as_those_of_cells(tmp_path: Path) -> None:
    names = read_label_set("subcell31").names
    values = np.random.default_rng(4).random((3, 31)).astype(np.float32)
    cells = tmp_path / "cells.parquet"
    write_predictions(cells, ["a"], np.array([1]), np.zeros((1, 31)), class_names=names)
    path = write(tmp_path, values=values, class_names=names)
    found = read_image_probabilities(path, np.array(["a"]), cells, "hpa2021")
    expected = map_classes(names, read_label_set("hpa2021"), where=path).merge(values[[1]])
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"image_ids": ["b", "x", "c"]}, "no row of 1 of 3 images, first a"),
        ({"image_ids": ["b", "a", "a"]}, "several rows of image a"),
        ({"values": VALUES[:, :18], "class_names": [f"class {n}" for n in range(18)]}, "18 classes"),
        ({"class_names": [f"class {n}" for n in range(19)]}, "class 0 in one table only"),
    ],
)
def test_tables_of_something_else(tmp_path: Path, cells: Path, options: dict, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_image_probabilities(write(tmp_path, **options), OF_CELLS, cells, None)


def test_no_table(tmp_path: Path, cells: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_image_probabilities(tmp_path / "gone.parquet", OF_CELLS, cells, None)
