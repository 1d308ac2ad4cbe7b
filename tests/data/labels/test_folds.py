from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.cells.precropped.precropped_index import PrecroppedIndex
from data.labels.folds import ALWAYS_TRAIN, Stratify, _assign, _join_labels, hold_out

Labels = dict[str, tuple[int, ...]]


def tabulate(labels: Labels, groups: dict[str, str] | None) -> tuple[np.ndarray, np.ndarray]:
    """Return what each image shows, in the order of the images' IDs, and the numbers of their groups."""
    image_ids = sorted(labels)
    shown = np.zeros((len(labels), 1 + max(map(max, labels.values()))), bool)
    for row, image_id in enumerate(image_ids):
        shown[row, list(labels[image_id])] = True
    names = [(groups or {}).get(image_id, image_id) for image_id in image_ids]
    return shown, np.unique(names, return_inverse=True)[1]


def assign_folds(
    labels: Labels,
    folds: int,
    seed: int,
    groups: dict[str, str] | None = None,
    stratify: Stratify = "labels",
) -> dict[str, int]:
    """Return the fold of each image."""
    of_groups, places = _join_labels(*tabulate(labels, groups))
    assigned = _assign(of_groups, folds, seed, stratify)[places]
    return dict(zip(sorted(labels), assigned.tolist(), strict=True))


def split_images(
    labels: Labels,
    folds: int,
    fold: int,
    seed: int,
    groups: dict[str, str] | None = None,
    stratify: Stratify = "labels",
) -> tuple[set[str], set[str]]:
    """Return the images to train on, and those of one fold."""
    held_out = hold_out(*tabulate(labels, groups), folds, fold, seed, stratify)
    chosen = set(np.array(sorted(labels))[held_out].tolist())
    return set(labels) - chosen, chosen


LABELS = st.dictionaries(
    st.text("abcdef0123456789", min_size=1, max_size=4),
    st.sets(st.integers(0, 18), min_size=1, max_size=4).map(lambda classes: tuple(sorted(classes))),
    min_size=1,
    max_size=40,
)

GROUPED = LABELS.flatmap(
    lambda labels: st.tuples(
        st.just(labels), st.fixed_dictionaries({image_id: st.sampled_from("pqrstuvw") for image_id in labels})
    )
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


@settings(max_examples=150, deadline=None)
@given(
    grouped=GROUPED,
    folds=st.integers(2, 5),
    stratify=st.sampled_from(["labels", "combination"]),
    seed=st.integers(0, 5),
)
def test_no_group_lies_in_two_folds(grouped: tuple, folds: int, stratify: Stratify, seed: int) -> None:
    labels, groups = grouped
    assigned = assign_folds(labels, folds, seed, groups, stratify)
    assert set(assigned) == set(labels)
    assert len({(groups[image_id], fold) for image_id, fold in assigned.items()}) == len(set(groups.values()))
    for fold in range(folds):
        training, validation = split_images(labels, folds, fold, seed, groups, stratify)
        assert training | validation == set(labels)
        assert {groups[image_id] for image_id in training}.isdisjoint(
            groups[image_id] for image_id in validation
        )
        everything = {label for classes in labels.values() for label in classes}
        assert {label for image_id in training for label in labels[image_id]} == everything


def test_groups_are_spread_by_the_labels_of_all_their_images() -> None:
    counts = {(0,): 40, (3, 5): 20, (7,): 10}
    labels = {
        f"{classes[0]}-{number}-{image}": (classes[image % len(classes)],)
        for classes, count in counts.items()
        for number in range(count)
        for image in range(4)
    }
    groups = {image_id: image_id.rsplit("-", 1)[0] for image_id in labels}
    assigned = assign_folds(labels, 5, 1, groups)
    for classes, count in counts.items():
        fold_of = {
            groups[image_id]: fold for image_id, fold in assigned.items() if labels[image_id][0] in classes
        }
        assert Counter(fold_of.values()) == dict.fromkeys(range(5), count // 5)


def test_stratified_by_combination() -> None:
    combinations = [(0,)] * 20 + [(0, 3)] * 10 + [(3,)] * 5 + [(0, 3, 5)]
    labels = {f"{number:02}": classes for number, classes in enumerate(combinations)}
    assigned = assign_folds(labels, 5, 1, stratify="combination")
    for classes in set(combinations[:-1]):
        folds = Counter(assigned[image_id] for image_id in labels if labels[image_id] == classes)
        assert folds == dict.fromkeys(range(5), combinations.count(classes) // 5)
    assert assigned["35"] == ALWAYS_TRAIN


def test_real_cells_by_mosaic(shared: Path) -> None:
    cells = PrecroppedIndex(shared / "hpa/cells/index.csv")
    labels = {cell.image_id: cell.labels for cell in cells}
    groups = {cell.image_id: cell.group for cell in cells}
    assigned = assign_folds(labels, 5, 1, groups)
    folds_of = {
        group: {assigned[image_id] for image_id in labels if groups[image_id] == group}
        for group in set(groups.values())
    }
    assert len(folds_of) == 46
    assert all(len(folds) == 1 for folds in folds_of.values())
    assert {fold for folds in folds_of.values() for fold in folds} == set(range(5))


@pytest.mark.parametrize(
    ("stratify", "expected"),
    [
        ("labels", "3333332222220001111111110000001313220302"),
        ("combination", "---111333------222000111000222--0-3--12-"),
    ],
)
def test_folds_stay_what_they_are(stratify: Stratify, expected: str) -> None:
    """Models of earlier versions held out these images."""
    labels = {f"i{number * 7 % 40:02}": tuple(sorted({number % 5, number**2 % 7})) for number in range(40)}
    groups = {f"i{number:02}": f"g{number // 3}" for number in range(30)}
    assigned = assign_folds(labels, 4, 3, groups, stratify)
    assert "".join("-" if assigned[name] < 0 else str(assigned[name]) for name in sorted(labels)) == expected
