import numpy as np
import pytest

from data.augment.augmentation import Augmentation
from data.augment.unchanged import NoAugmentation
from data.training.feature_loader import FeatureLoader

ARRAYS = [np.arange(20, dtype=np.float32).reshape(10, 2), -np.arange(6, dtype=np.float32).reshape(3, 2)]
SOURCES = np.array([0, 0, 1, 0, 1])
ROWS = np.array([9, 0, 2, 9, 0])
EXPECTED = np.stack([ARRAYS[source][row] for source, row in zip(SOURCES, ROWS, strict=True)])


@pytest.fixture
def loader() -> FeatureLoader:
    return FeatureLoader(ARRAYS, SOURCES, ROWS)


def test_batches_are_those_of_the_plan(loader: FeatureLoader) -> None:
    plan = [np.array([4, 0]), np.array([2, 2, 1]), np.array([3])]
    batches = list(loader.batches(plan))
    assert [batch.items.tolist() for batch in batches] == [items.tolist() for items in plan]
    for items, batch in zip(plan, batches, strict=True):
        assert batch.tiles.dtype == np.float32
        np.testing.assert_array_equal(batch.tiles, EXPECTED[items][:, None, None, :])
    assert len(loader) == 5
    assert loader.wait_seconds > 0
    later = list(loader.batches(plan, start=2))
    np.testing.assert_array_equal(later[0].tiles, batches[2].tiles)


def test_parts_are_together_the_batch(loader: FeatureLoader) -> None:
    plan = [np.array([4, 0, 2]), np.array([1, 3])]
    parts = [list(loader.batches(plan, part=(rank, 2))) for rank in range(2)]
    for number, items in enumerate(plan):
        together = np.concatenate([part[number].items for part in parts])
        np.testing.assert_array_equal(together, items)


def test_some_items_are_numbered_anew(loader: FeatureLoader) -> None:
    some = loader.select(np.array([4, 1]))
    (batch,) = some.batches([np.arange(2)])
    np.testing.assert_array_equal(batch.tiles[:, 0, 0], EXPECTED[[4, 1]])


def test_features_are_not_changed_as_tiles_are(loader: FeatureLoader) -> None:
    with pytest.raises(ValueError, match="cannot be changed"):
        next(loader.batches([np.arange(2)], augmentation=Augmentation(NoAugmentation())))
