from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.folds import ALWAYS_TRAIN, assign_folds, split_images

LABELS = st.dictionaries(
    st.text("abcdef0123456789", min_size=1, max_size=4),
    st.sets(st.integers(0, 18), min_size=1, max_size=4).map(lambda classes: tuple(sorted(classes))),
    min_size=1,
    max_size=40,
)


@settings(max_examples=150, deadline=None)
@given(labels=LABELS, folds=st.integers(2, 6), seed=st.integers(0, 10))
def test_split_is_a_partition_and_leaves_no_class_untrained(
    labels: dict[str, tuple[int, ...]], folds: int, seed: int
) -> None:
    for fold in range(folds):
        training, validation = split_images(labels, folds, fold, seed)
        assert training | validation == set(labels)
        assert not training & validation
        everything = {label for classes in labels.values() for label in classes}
        assert {label for image_id in training for label in labels[image_id]} == everything


@settings(max_examples=100, deadline=None)
@given(labels=LABELS, folds=st.integers(2, 6), seed=st.integers(0, 10))
def test_only_images_with_a_class_of_their_own_have_no_fold(
    labels: dict[str, tuple[int, ...]], folds: int, seed: int
) -> None:
    assigned = assign_folds(labels, folds, seed)
    assert set(assigned) == set(labels)
    images = Counter(label for classes in labels.values() for label in classes)
    alone = {image_id for image_id, classes in labels.items() if any(images[label] == 1 for label in classes)}
    if len(labels) - len(alone) >= 2:
        assert {image_id for image_id, fold in assigned.items() if fold == ALWAYS_TRAIN} == alone
    assert all(fold in range(-1, folds) for fold in assigned.values())


@settings(max_examples=50, deadline=None)
@given(labels=LABELS, seed=st.integers(0, 10))
def test_the_order_of_the_images_plays_no_part(labels: dict[str, tuple[int, ...]], seed: int) -> None:
    turned = dict(reversed(labels.items()))
    assert assign_folds(labels, 4, seed) == assign_folds(turned, 4, seed)


@pytest.mark.parametrize("seed", range(5))
def test_each_class_is_spread_evenly(seed: int) -> None:
    counts = {0: 50, 4: 20, 7: 10, 16: 5, 18: 1}
    labels = {f"{label}-{number}": (label,) for label, count in counts.items() for number in range(count)}
    assigned = assign_folds(labels, 5, seed)
    for label, count in counts.items():
        if count >= 5:
            folds = Counter(fold for image_id, fold in assigned.items() if labels[image_id] == (label,))
            assert folds == dict.fromkeys(range(5), count // 5)
    assert assigned["18-0"] == ALWAYS_TRAIN


def test_another_seed_gives_other_folds() -> None:
    labels = {str(number): (number % 3,) for number in range(60)}
    assert assign_folds(labels, 5, 1) != assign_folds(labels, 5, 2)


def test_one_image_is_trained_on() -> None:
    assert split_images({"a": (17,)}, 5, 0, 1) == ({"a"}, set())
