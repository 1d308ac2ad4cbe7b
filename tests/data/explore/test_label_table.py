from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from data.explore.label_table import tabulate_labels
from data.labels.label_set import LabelSet

CLASSES = LabelSet(names=("a", "b", "c", "d"))
IMAGES = st.lists(st.sets(st.integers(0, 3), min_size=1), min_size=1, max_size=25)


def tabulate(images: list[set[int]]):
    return tabulate_labels({f"i{row}": sorted(classes) for row, classes in enumerate(images)}, CLASSES)


@given(IMAGES)
def test_images_of_each_class_as_a_plain_loop_counts_them(images: list[set[int]]) -> None:
    counted = tabulate(images).count_classes()
    assert counted["name"].tolist() == ["a", "b", "c", "d"]
    for label in range(4):
        row = counted.loc[label]
        having = [classes for classes in images if label in classes]
        assert row["images"] == len(having)
        assert row["single_label_images"] == sum(classes == {label} for classes in having)
        assert np.isclose(row["part"], len(having) / len(images))


@given(IMAGES)
def test_labels_per_image_leave_out_no_number(images: list[set[int]]) -> None:
    counted = tabulate(images).count_labels_per_image()
    expected = Counter(map(len, images))
    assert counted["labels"].tolist() == list(range(1, max(expected) + 1))
    assert counted["images"].tolist() == [expected[number] for number in counted["labels"]]


def test_single_and_order_of_the_images() -> None:
    table = tabulate_labels({"z": (1,), "a": (0, 3), "m": (3,)}, CLASSES)
    assert table.image_ids.tolist() == ["z", "a", "m"]
    assert table.single.tolist() == [True, False, True]
    assert table.shown.tolist() == [
        [False, True, False, False],
        [True, False, False, True],
        [False, False, False, True],
    ]


def test_proteins_are_counted_once_a_class() -> None:
    table = tabulate_labels({"a": (0,), "b": (0, 1), "c": (0,), "d": (1,)}, CLASSES)
    assert "proteins" not in table.count_classes()
    counted = table.count_classes({"a": "ACTB", "b": "ACTB", "c": "TUBB", "other": "X"})
    assert counted["proteins"].tolist() == [2, 1, 0, 0]
