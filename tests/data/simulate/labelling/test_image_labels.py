from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.labels.label_file import NEGATIVE, NUM_CLASSES
from data.simulate.labelling.image_labels import (
    MITOTIC_SPINDLE,
    even_classes,
    image_classes,
    kaggle_classes,
    mistake_labels,
)
from data.simulate.labelling.kaggle_labels import LABEL_COUNTS, LABEL_SETS


def test_numbers_of_labels_are_those_of_the_real_set():
    counts = Counter(len(even_classes(0, index)) for index in range(2000))
    assert counts[1] / 2000 == pytest.approx(0.48, abs=0.001)
    assert counts[2] / 2000 == pytest.approx(0.41, abs=0.03)
    assert 0 < counts[4] < counts[3] < counts[2]
    assert max(counts) == 4


@pytest.mark.parametrize("seed", [0, 1, 99])
def test_nineteen_single_label_fields_cover_every_class_once(seed):
    classes = [even_classes(seed, index, single_fraction=1.0) for index in range(2 * NUM_CLASSES)]
    assert sorted(classes[:NUM_CLASSES]) == [(label,) for label in range(NUM_CLASSES)]
    assert sorted(classes[NUM_CLASSES:]) == sorted(classes[:NUM_CLASSES])
    assert classes[NUM_CLASSES:] != classes[:NUM_CLASSES]


def test_fields_of_several_labels_cover_the_classes_evenly():
    classes = [even_classes(4, index, single_fraction=0.0) for index in range(180)]
    counts = Counter(label for labels in classes for label in labels)
    assert set(counts) == set(range(NEGATIVE))
    assert all(len(labels) > 1 for labels in classes)
    # Each class is ten times the first label and ten times the second, unless it is already there.
    assert min(counts.values()) >= 15
    assert max(counts.values()) <= 2 * min(counts.values())


@given(st.integers(0, 10**6), st.integers(0, 10**4), st.floats(0, 1))
def test_even_classes_are_valid(seed, index, single_fraction):
    classes = even_classes(seed, index, single_fraction)
    assert list(classes) == sorted(set(classes))
    assert set(classes) <= set(range(NUM_CLASSES))
    assert len(classes) == 1 or NEGATIVE not in classes


def test_an_image_is_negative_only_where_all_its_cells_are():
    assert image_classes([(0, 7), (18,), (7,)]) == (0, 7)
    assert image_classes([(18,), (18,)]) == (18,)


DRAWN = 20_000
IMAGES = sum(LABEL_SETS.values())


@pytest.fixture(scope="module")
def drawn() -> Counter[tuple[int, ...]]:
    return Counter(kaggle_classes(3, number) for number in range(DRAWN))


def check_shares(drawn: Counter, expected: Counter):
    """Each share lies within 4.5 standard errors, and together they stray as far as chance makes them."""
    assert set(drawn) <= set(expected)
    shares = np.array([expected[what] for what in expected]) / IMAGES
    seen = np.array([drawn[what] for what in expected]) / DRAWN
    z = (seen - shares) / np.sqrt(shares * (1 - shares) / DRAWN)
    often = shares * DRAWN > 5
    assert np.count_nonzero(often) >= 4
    assert np.all(np.abs(z[often]) < 4.5)
    assert 0.5 < np.mean(z[often] ** 2) < 1.7 or np.count_nonzero(often) < 15


def count_by(what, counted) -> Counter:
    counts = Counter()
    for labels, count in counted.items():
        for key in what(labels):
            counts[key] += count
    return counts


@pytest.mark.parametrize(
    "what",
    [
        pytest.param(lambda labels: [min(len(labels), 4)], id="number of labels"),
        pytest.param(lambda labels: labels if len(labels) == 1 else [], id="single labels"),
        pytest.param(lambda labels: labels, id="labels"),
        pytest.param(lambda labels: [labels] if len(labels) == 2 else [], id="two labels"),
        pytest.param(lambda labels: combinations(labels, 2), id="pairs within more"),
    ],
)
def test_drawn_labels_are_as_frequent_as_at_kaggle(drawn, what):
    check_shares(count_by(what, drawn), count_by(what, LABEL_SETS))


@given(st.integers(0, 10**6), st.integers(0, 10**5), st.floats(0, 1), st.floats(0, 1))
def test_kaggle_classes_are_valid(seed, number, even_share, single_fraction):
    classes = kaggle_classes(seed, number, even_share, single_fraction)
    assert list(classes) == sorted(set(classes))
    assert set(classes) <= set(range(NUM_CLASSES))
    assert len(classes) == 1 or NEGATIVE not in classes


def test_even_share_brings_every_class_and_a_spindle_never_alone():
    classes = [kaggle_classes(5, number, even_share=0.5, single_fraction=1.0) for number in range(2 * 19)]
    assert sorted(classes[::2])[0] == (0,)
    singles = {labels for labels in classes[::2] if len(labels) == 1}
    assert singles == {(label,) for label in range(NUM_CLASSES)} - {(MITOTIC_SPINDLE,)}
    (spindle,) = (labels for labels in classes[::2] if len(labels) > 1)
    assert MITOTIC_SPINDLE in spindle
    assert spindle in LABEL_SETS


def test_other_antibodies_are_not_moved_by_the_even_ones():
    plain = [kaggle_classes(5, number) for number in range(60)]
    mixed = [kaggle_classes(5, number, even_share=0.25) for number in range(60)]
    assert [labels for number, labels in enumerate(plain) if number % 4] == [
        labels for number, labels in enumerate(mixed) if number % 4
    ]


@given(st.sampled_from(sorted(LABEL_SETS)), st.integers(0, 1000))
def test_a_mistake_loses_adds_or_replaces_one_label(labels, seed):
    wrong = mistake_labels(labels, np.random.default_rng(seed))
    assert list(wrong) == sorted(set(wrong))
    lost, added = set(labels) - set(wrong), set(wrong) - set(labels)
    assert wrong
    assert (len(lost), len(added)) in [(1, 0), (0, 1), (1, 1)]
    assert NEGATIVE not in wrong or labels == (NEGATIVE,) == wrong
    assert NEGATIVE not in added


def test_mistakes_are_of_every_kind_and_as_frequent_as_the_labels():
    random = np.random.default_rng(1)
    wrong = Counter(mistake_labels((0, 7), random) for _ in range(6000))
    kinds = Counter(len(labels) - 2 if len(labels) != 2 else 0 for labels in wrong.elements())
    assert all(1800 < kinds[kind] < 2200 for kind in (-1, 0, 1))
    added = Counter(label for labels in wrong.elements() if len(labels) == 3 for label in labels)
    assert added[16] / kinds[1] == pytest.approx(
        LABEL_COUNTS[16] / sum(LABEL_COUNTS[label] for label in range(18) if label not in (0, 7)), abs=0.04
    )
