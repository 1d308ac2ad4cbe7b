from hypothesis import given
from hypothesis import strategies as st

from data.explore.examples import choose_one_a_class, choose_samples
from data.explore.label_table import tabulate_labels
from data.labels.label_set import LabelSet

CLASSES = LabelSet(names=("a", "b", "c"))
TABLE = tabulate_labels({"d": (0,), "a": (0, 1), "c": (0,), "b": (2,), "e": (1,)}, CLASSES)


def test_the_first_image_with_the_label_alone() -> None:
    assert choose_one_a_class(TABLE, ["a", "b", "c", "d", "other"]) == {0: "c", 2: "b"}
    assert choose_one_a_class(TABLE, ["d", "e"]) == {0: "d", 1: "e"}
    assert choose_one_a_class(TABLE, []) == {}


def test_samples_are_spread_from_first_to_last() -> None:
    assert choose_samples(TABLE, "edcba", 3) == ["a", "c", "e"]
    assert choose_samples(TABLE, "edcba", 9) == ["a", "b", "c", "d", "e"]
    assert choose_samples(TABLE, "edcba", 0) == []
    assert choose_samples(TABLE, "xyz", 3) == []


@given(st.sets(st.sampled_from("abcdexyz")), st.integers(0, 8))
def test_as_many_samples_as_there_are(available: set[str], count: int) -> None:
    samples = choose_samples(TABLE, available, count)
    labelled = available & set("abcde")
    assert set(samples) <= labelled
    assert samples == sorted(set(samples))
    assert len(samples) == min(count, len(labelled))
