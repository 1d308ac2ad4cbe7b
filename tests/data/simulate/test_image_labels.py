from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.labels import NEGATIVE, NUM_CLASSES
from data.simulate.image_labels import MITOTIC_SPINDLE, cell_classes, field_classes, image_classes


def test_numbers_of_labels_are_those_of_the_real_set():
    counts = Counter(len(field_classes(0, index)) for index in range(2000))
    assert counts[1] / 2000 == pytest.approx(0.48, abs=0.001)
    assert counts[2] / 2000 == pytest.approx(0.41, abs=0.03)
    assert 0 < counts[4] < counts[3] < counts[2]
    assert max(counts) == 4


@pytest.mark.parametrize("seed", [0, 1, 99])
def test_nineteen_single_label_fields_cover_every_class_once(seed):
    classes = [field_classes(seed, index, single_fraction=1.0) for index in range(2 * NUM_CLASSES)]
    assert sorted(classes[:NUM_CLASSES]) == [(label,) for label in range(NUM_CLASSES)]
    assert sorted(classes[NUM_CLASSES:]) == sorted(classes[:NUM_CLASSES])
    assert classes[NUM_CLASSES:] != classes[:NUM_CLASSES]


def test_fields_of_several_labels_cover_the_classes_evenly():
    classes = [field_classes(4, index, single_fraction=0.0) for index in range(180)]
    counts = Counter(label for labels in classes for label in labels)
    assert set(counts) == set(range(NEGATIVE))
    assert all(len(labels) > 1 for labels in classes)
    # Each class is ten times the first label and ten times the second, unless it is already there.
    assert min(counts.values()) >= 15
    assert max(counts.values()) <= 2 * min(counts.values())


@given(st.integers(0, 10**6), st.integers(0, 10**4), st.floats(0, 1))
def test_field_classes_are_valid(seed, index, single_fraction):
    classes = field_classes(seed, index, single_fraction)
    assert list(classes) == sorted(set(classes))
    assert set(classes) <= set(range(NUM_CLASSES))
    assert len(classes) == 1 or NEGATIVE not in classes


@settings(max_examples=200)
@given(
    st.sets(st.integers(0, NUM_CLASSES - 1), min_size=1, max_size=4),
    st.lists(st.booleans(), min_size=1, max_size=12),
    st.floats(0, 1),
    st.floats(0, 1),
    st.integers(0, 1000),
)
def test_every_class_is_shown_by_a_cell_that_can_show_it(classes, mitotic, negative, missing, seed):
    cells = cell_classes(
        tuple(sorted(classes)),
        mitotic,
        np.random.default_rng(seed),
        negative_cells=negative,
        missing_patterns=missing,
    )
    assert len(cells) == len(mitotic)
    for labels, divides in zip(cells, mitotic, strict=True):
        assert list(labels) == sorted(set(labels))
        assert labels == (NEGATIVE,) or NEGATIVE not in labels
        assert (labels == (MITOTIC_SPINDLE,)) == divides
        assert divides or set(labels) <= classes | {NEGATIVE}
    if not all(mitotic):
        shown = {label for labels in cells for label in labels}
        assert classes - {NEGATIVE, MITOTIC_SPINDLE} <= shown


def test_cells_lack_patterns_as_often_as_asked():
    cells = cell_classes(
        (0, 14), [False] * 4000, np.random.default_rng(0), negative_cells=0.1, missing_patterns=0.25
    )
    negative_asked = sum(labels == (NEGATIVE,) for labels in cells) / 4000
    assert negative_asked == pytest.approx(0.1 + 0.9 * 0.25**2, abs=0.02)
    assert sum(0 in labels for labels in cells) / 4000 == pytest.approx(0.9 * 0.75, abs=0.03)


def test_an_image_is_negative_only_where_all_its_cells_are():
    assert image_classes([(0, 7), (18,), (7,)]) == (0, 7)
    assert image_classes([(18,), (18,)]) == (18,)
