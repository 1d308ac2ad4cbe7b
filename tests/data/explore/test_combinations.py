from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from data.explore.combinations import count_combinations
from data.explore.label_table import tabulate_labels
from data.labels.label_set import LabelSet

CLASSES = LabelSet(names=("a", "b", "c", "d"))


@given(st.lists(st.sets(st.integers(0, 3), min_size=1), min_size=1, max_size=40))
def test_combinations_as_a_counter_has_them(images: list[set[int]]) -> None:
    table = tabulate_labels({f"i{row}": sorted(classes) for row, classes in enumerate(images)}, CLASSES)
    counted = count_combinations(table)
    expected = Counter(tuple(sorted(classes)) for classes in images)
    found = {
        tuple(map(int, labels.split("|"))): images
        for labels, images in zip(counted["labels"], counted["images"], strict=True)
    }
    assert found == expected
    assert counted["images"].is_monotonic_decreasing


def test_names_and_order() -> None:
    labels = {"1": (1, 3), "2": (0,), "3": (1, 3), "4": (0, 1)}
    counted = count_combinations(tabulate_labels(labels, CLASSES))
    assert counted["labels"].tolist() == ["1|3", "0", "0|1"]
    assert counted["names"].tolist() == ["b, d", "a", "a, b"]
    assert counted["images"].tolist() == [2, 1, 1]
