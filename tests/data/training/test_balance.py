import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import InputError
from data.labels.label_set import LabelSet
from data.training.balance import MAX_PROTEIN_GAIN, balance_items
from data.training.training_set import DataSettings

CLASSES = LabelSet(names=("common", "usual", "rare", "absent", "negative"), negative=4)


def make_targets(*combinations: tuple[int, ...]) -> np.ndarray:
    targets = np.zeros((len(combinations), len(CLASSES)), np.float32)
    for row, classes in enumerate(combinations):
        targets[row, list(classes)] = 1
    return targets


TARGETS = make_targets(*[(0,)] * 40, *[(1,)] * 20, *[(0, 2)] * 5, *[(4,)] * 20)

COMBINATIONS = st.lists(
    st.sets(st.integers(0, 4), min_size=1, max_size=3).map(tuple), min_size=1, max_size=30
)


def balance(targets: np.ndarray = TARGETS, seed: int = 1, **settings: float):
    return balance_items(targets, DataSettings.model_validate(settings), CLASSES, seed)


def test_by_default_each_cell_comes_once() -> None:
    items = balance()
    np.testing.assert_array_equal(items.cells, np.arange(85))
    np.testing.assert_array_equal(items.protein_gain, 1)
    np.testing.assert_array_equal(items.targets, TARGETS)


@pytest.mark.parametrize(("most", "rare"), [(2, 10), (4, 20), (100, 20)])
def test_rare_classes_are_repeated_up_to_the_median(most: float, rare: int) -> None:
    items = balance(max_oversampling=most)
    # The classes have 45, 20, 5, 0 and 20 cells; the absent one does not count for the median.
    assert items.targets.sum(axis=0).tolist() == [40 + rare, 20, rare, 0, 20]


def test_a_broken_number_of_times_is_kept_on_average() -> None:
    counts = [balance(seed=seed, max_oversampling=2.5).targets[:, 2].sum() for seed in range(200)]
    assert set(counts) <= set(range(10, 16))
    assert np.mean(counts) == pytest.approx(12.5, abs=0.3)


@given(combinations=COMBINATIONS, least=st.integers(0, 40), most=st.floats(1, 5))
def test_each_class_has_at_least_so_many(combinations: list, least: int, most: float) -> None:
    targets = make_targets(*combinations)
    items = balance(targets, min_cells_per_class=least, max_oversampling=most)
    counts, had = items.targets.sum(axis=0), targets.sum(axis=0)
    assert (counts[had > 0] >= np.maximum(least, had[had > 0])).all()
    assert (counts[had == 0] == 0).all()
    np.testing.assert_array_equal(items.cells[: len(targets)], np.arange(len(targets)))
    np.testing.assert_array_equal(items.targets, targets[items.cells])


def test_cells_are_repeated_in_turn() -> None:
    times = np.bincount(balance(min_cells_per_class=12).cells, minlength=85)
    assert sorted(times[60:65]) == [2, 2, 2, 3, 3]
    assert (times[:60] == 1).all()


def test_made_negatives() -> None:
    items = balance(synthetic_negative_fraction=0.4)
    made = items.protein_gain < 1
    assert made.sum() == round(0.4 * 85)
    assert not made[:85].any()
    assert len(set(items.cells[made].tolist())) == made.sum()
    assert (items.cells[made] < 65).all()
    assert (items.protein_gain[made] <= MAX_PROTEIN_GAIN).all()
    assert np.ptp(items.protein_gain[made]) > MAX_PROTEIN_GAIN / 2
    np.testing.assert_array_equal(items.targets[made], np.eye(5, dtype=np.float32)[[4] * made.sum()])
    assert balance(synthetic_negative_fraction=2).cells.shape == (3 * 85,)


def test_the_seed_decides() -> None:
    settings = {"max_oversampling": 2.5, "min_cells_per_class": 30, "synthetic_negative_fraction": 0.3}
    first, again, other = (balance(seed=seed, **settings) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.cells, again.cells)
    np.testing.assert_array_equal(first.protein_gain, again.protein_gain)
    assert first.cells.shape != other.cells.shape or (first.cells != other.cells).any()


def test_negatives_need_a_negative_class() -> None:
    without = LabelSet(names=CLASSES.names)
    assert len(balance_items(TARGETS, DataSettings(), without, 1).cells) == 85
    with pytest.raises(InputError, match="the label set: no negative class"):
        balance_items(TARGETS, DataSettings(synthetic_negative_fraction=0.1), without, 1)


def test_only_negative_cells_make_no_others() -> None:
    assert len(balance(make_targets((4,), (4,)), synthetic_negative_fraction=1).cells) == 2
