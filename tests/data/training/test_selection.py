import numpy as np
import pandas as pd
import pytest

from data.errors import InputError
from data.labels.label_set import LabelSet
from data.training.training_set import DataSettings
from tests.factories.training.training_sets import groups_of, labels_of, select


@pytest.fixture
def cells() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "image_id": ["a", "a", "b", "b", "c", "d", "d", "e"],
            "dropped": ["", "too small", "", "", "", "", "", "too dark"],
        }
    )


LABELS = {"a": (3,), "b": (0, 16), "d": (18,), "e": (5,), "x": (1,), "y": (2,)}


def test_single_label_images(cells: pd.DataFrame) -> None:
    chosen = select(cells, LABELS, "single")
    np.testing.assert_array_equal(chosen.rows, [0, 5, 6])
    np.testing.assert_array_equal(chosen.image_ids, ["a", "d", "d"])
    np.testing.assert_array_equal(chosen.targets.argmax(axis=1), [3, 18, 18])
    np.testing.assert_array_equal(chosen.targets.sum(axis=1), 1)
    assert labels_of(chosen) == {"a": (3,), "d": (18,)}
    assert chosen.counts == {
        "images": 2,
        "cells": 3,
        "images_without_label": 1,
        "images_with_several_labels": 1,
        "labels_of_other_images": 2,
        "near_duplicates": 0,
    }


def test_all_labelled_images(cells: pd.DataFrame) -> None:
    chosen = select(cells, LABELS, "all")
    np.testing.assert_array_equal(chosen.rows, [0, 2, 3, 5, 6])
    assert [tuple(np.flatnonzero(row)) for row in chosen.targets] == [(3,), (0, 16), (0, 16), (18,), (18,)]
    assert chosen.counts["images_with_several_labels"] == 0


def test_labels_of_other_images_only(cells: pd.DataFrame) -> None:
    with pytest.raises(InputError, match=r"train\.csv: none of the 5 images has a label"):
        select(cells, {"x": (1,)}, "single", where="train.csv")


def test_no_single_label_image(cells: pd.DataFrame) -> None:
    with pytest.raises(InputError, match='set images = "all"'):
        select(cells, {"b": (0, 16)}, "single")
    assert select(cells, {"b": (0, 16)}, "all").counts["cells"] == 2


def test_all_cells_dropped(cells: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="no cell is left of the 1 images"):
        select(cells, {"e": (5,)}, "single")


def test_images_of_a_group_or_a_protein_belong_together(cells: pd.DataFrame) -> None:
    assert groups_of(select(cells, LABELS, "all")) == {"a": "a", "b": "b", "d": "d"}
    grouped = cells.assign(group=["m", "m", "m", "m", "n", "n", "n", "n"])
    chosen = select(grouped, LABELS, "all", proteins={"b": "P1", "c": "P1", "x": "P1"})
    assert groups_of(chosen) == {"a": "a", "b": "a", "d": "d"}
    chosen = select(grouped, LABELS, "all", proteins={"b": "P1", "d": "P1"})
    assert groups_of(chosen) == {"a": "a", "b": "a", "d": "a"}


def test_the_classes_are_those_of_the_label_set(cells: pd.DataFrame) -> None:
    own = LabelSet(names=("left", "right", "middle", "edge"))
    chosen = select(cells, {"a": (3,), "b": (0, 1)}, "all", label_set=own)
    assert chosen.targets.sum(axis=0).tolist() == [2, 2, 0, 1]
    assert chosen.class_names == own.names


@pytest.mark.parametrize(
    ("duplicates", "images", "groups", "found"),
    [
        ("together", ["a", "b", "d"], {"a": "a", "b": "b", "d": "a"}, 1),
        ("remove", ["a", "b"], {"a": "a", "b": "b"}, 1),
        ("keep", ["a", "b", "d"], {"a": "a", "b": "b", "d": "d"}, 0),
    ],
)
def test_near_duplicates(
    cells: pd.DataFrame, duplicates: str, images: list[str], groups: dict[str, str], found: int
) -> None:
    hashes = {"a": "f" * 64, "b": "0f" * 32, "c": "f" * 64, "d": "f" * 63 + "8", "e": ""}
    hashed = cells.assign(image_hash=cells["image_id"].map(hashes))
    settings = DataSettings.model_validate({"duplicates": duplicates})
    chosen = select(hashed, LABELS, "all", data=settings)
    assert list(labels_of(chosen)) == images
    assert groups_of(chosen) == groups
    assert chosen.counts["near_duplicates"] == found
    none = DataSettings(duplicates="remove", duplicate_distance=2)
    assert select(hashed, LABELS, "all", data=none).counts["near_duplicates"] == 0


def test_corrected_cells_have_labels_of_their_own(cells: pd.DataFrame) -> None:
    numbered = cells.assign(cell_id=cells.groupby("image_id").cumcount() + 1)
    corrections: dict[tuple[str, int], tuple[int, ...] | None] = {
        ("a", 2): (4,),  # which a filter dropped
        ("b", 1): (0,),  # of an image with several labels
        ("b", 2): (0, 16),
        ("c", 1): (9,),  # of an image without a label
        ("d", 1): (2,),
        ("d", 2): None,
    }
    chosen = select(numbered, LABELS, "single", corrections=corrections)
    np.testing.assert_array_equal(chosen.rows, [0, 2, 4, 5])
    np.testing.assert_array_equal(chosen.targets.argmax(axis=1), [3, 0, 9, 2])
    np.testing.assert_array_equal(chosen.targets.sum(axis=1), 1)
    np.testing.assert_array_equal(chosen.corrected, [False, True, True, True])
    assert labels_of(chosen) == {"a": (3,), "b": (0,), "c": (9,), "d": (18,)}
    assert chosen.counts["corrected_cells"] == 3
    assert chosen.counts["corrected_cells_left_out"] == 3
    chosen = select(numbered, LABELS, "all", corrections=corrections)
    np.testing.assert_array_equal(chosen.rows, [0, 2, 3, 4, 5])
    assert [tuple(np.flatnonzero(row)) for row in chosen.targets] == [(3,), (0,), (0, 16), (9,), (2,)]
    none = select(numbered, LABELS, "all", corrections={("d", 1): ()})
    np.testing.assert_array_equal(none.targets[none.rows == 5], np.zeros((1, 19)))
    assert "corrected_cells" not in select(numbered, LABELS, "all").counts
