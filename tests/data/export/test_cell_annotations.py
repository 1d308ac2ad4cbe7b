import numpy as np
import pandas as pd

from data.export.cell_annotations import (
    annotate_images,
    describe_classes,
    find_likeliest,
    find_rows,
    mark_called,
    name_classes,
)


def test_rows_are_found_by_image_and_cell() -> None:
    cells = pd.DataFrame({"image_id": ["a", "a", "b"], "cell_id": [1, 2, 1]})
    wanted = pd.DataFrame({"image_id": ["b", "c", "a", "b", "a"], "cell_id": [1, 1, 2, 2, 1]})
    assert find_rows(cells, wanted).tolist() == [2, -1, 1, -1, 0]
    assert find_rows(cells.iloc[:0], wanted).tolist() == [-1] * 5
    assert find_rows(cells, wanted.iloc[:0]).tolist() == []


def test_called_classes_by_name() -> None:
    names = ["Nucleus", "Cytosol", "None"]
    found = name_classes(pd.Series(["0|1", "", None, "2", "0|1"]), names, "none called")
    assert found.tolist()[:2] == ["Nucleus|Cytosol", "none called"]
    assert pd.isna(found).tolist() == [False, False, True, False, False]
    without = name_classes(pd.Series(["", "1"]), names, None)
    assert pd.isna(without).tolist() == [True, False]
    assert without.categories.tolist() == ["Cytosol"]


def test_called_classes_are_marked() -> None:
    marks = mark_called(pd.Series(["0|2", "", None, "1", "0|2"], dtype=object), 3)
    assert marks.astype(int).tolist() == [[1, 0, 1], [0, 0, 0], [0, 0, 0], [0, 1, 0], [1, 0, 1]]


def test_the_likeliest_class_of_each_cell() -> None:
    probabilities = np.array([[0.1, 0.7], [np.nan, np.nan], [0.5, 0.5]], np.float32)
    likeliest, highest = find_likeliest(probabilities)
    assert likeliest.tolist() == [1, -1, 0]
    np.testing.assert_array_equal(highest, np.array([0.7, np.nan, 0.5], np.float32))
    assert [len(each) for each in find_likeliest(probabilities[:0])] == [0, 0]


def test_cells_without_a_class_have_none() -> None:
    found = describe_classes(np.array([1, -1]), np.array([0.5, np.nan]), ["a", "b"])
    assert found["top_class"].tolist()[0] == "b"
    assert found.isna().to_numpy().tolist() == [[False, False], [True, True]]


def test_what_is_known_of_images() -> None:
    found = annotate_images(pd.Series(["a", "b", "a", "c"]), {"a": "TP53", "b": ""})
    assert pd.isna(found).tolist() == [False, True, False, True]
    assert found.categories.tolist() == ["TP53"]
