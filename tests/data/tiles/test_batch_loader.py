import threading
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.augment.augmentation import Augmentation
from data.augment.hpacells import HpacellsAugmentation
from data.augment.unchanged import NoAugmentation
from data.channels import CHANNELS
from data.errors import InputError
from data.tiles.batch_loader import Batch, BatchLoader, plan_batches, shuffle_items
from data.tiles.preparation import TileSettings, prepare_tiles, read_prepared
from data.tiles.tile_store import TileStore

SETTINGS = TileSettings(size=32)
COUNT = 23


class CountingStore(TileStore):
    """Counts the tiles read."""

    tiles_read = 0

    def read(self, rows, *arguments):
        self.tiles_read += len(rows)
        return super().read(rows, *arguments)


@pytest.fixture
def store(random_tiles: Path) -> CountingStore:
    return CountingStore(random_tiles)


def our_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("hpacells-batches")]


@given(count=st.integers(1, 300), batch_size=st.integers(2, 70))
def test_plan_holds_each_item_once_in_nearly_equal_batches(count: int, batch_size: int) -> None:
    order = np.random.default_rng(0).permutation(count)
    plan = plan_batches(order, batch_size)
    np.testing.assert_array_equal(np.concatenate(plan), order)
    sizes = [len(items) for items in plan]
    assert max(sizes) <= batch_size
    assert max(sizes) - min(sizes) <= 1
    assert len(plan) == -(-count // batch_size)


@given(count=st.integers(2, 300))
def test_batches_of_two_or_more_never_leave_one_item_alone_unless_they_must(count: int) -> None:
    assert min(len(items) for items in plan_batches(np.arange(count), 16)) > 1


def test_nothing_to_plan() -> None:
    assert plan_batches(np.arange(0), 8) == []


def test_shuffling_by_seed_and_epoch() -> None:
    first = shuffle_items(50, seed=1, epoch=0)
    np.testing.assert_array_equal(np.sort(first), np.arange(50))
    np.testing.assert_array_equal(shuffle_items(50, seed=1, epoch=0), first)
    assert (shuffle_items(50, seed=1, epoch=1) != first).any()
    assert (shuffle_items(50, seed=2, epoch=0) != first).any()


def test_weights_decide_how_often_an_item_comes() -> None:
    weights = np.array([1.0, 0.0, 3.0])
    drawn = Counter(item for epoch in range(1000) for item in shuffle_items(3, 1, epoch, weights).tolist())
    assert drawn[1] == 0
    assert drawn[2] / drawn[0] == pytest.approx(3, rel=0.15)


def test_a_lone_item_comes_twice() -> None:
    np.testing.assert_array_equal(shuffle_items(1, 1, 0), [0, 0])


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("memory_bytes", [0, 5 * 4096, 2**20])
def test_batches_are_the_tiles_of_the_plan(store: CountingStore, workers: int, memory_bytes: int) -> None:
    rows = np.arange(COUNT)[::-1]
    loader = BatchLoader(store, rows, SETTINGS, workers=workers, memory_bytes=memory_bytes)
    plan = plan_batches(shuffle_items(COUNT, 1, 0), 4)
    for _ in range(2):
        for items, batch in zip(plan, loader.batches(plan), strict=True):
            np.testing.assert_array_equal(batch.items, items)
            np.testing.assert_array_equal(batch.tiles, read_prepared(store, rows[items], SETTINGS))
    assert loader.wait_seconds > 0


def test_an_item_twice_in_a_batch(store: CountingStore) -> None:
    loader = BatchLoader(store, np.arange(COUNT), SETTINGS, memory_bytes=2**20)
    (batch,) = loader.batches([np.array([5, 2, 5])])
    np.testing.assert_array_equal(batch.tiles, read_prepared(store, np.array([5, 2, 5]), SETTINGS))


@pytest.mark.parametrize(("kept", "read"), [(COUNT, COUNT), (5, 2 * COUNT - 5), (0, 2 * COUNT)])
def test_tiles_within_the_budget_are_read_once(store: CountingStore, kept: int, read: int) -> None:
    memory_bytes = kept * 32 * 32 * 4
    loader = BatchLoader(store, np.arange(COUNT), SETTINGS, workers=1, memory_bytes=memory_bytes)
    for _ in range(2):
        _ = list(loader.batches(plan_batches(np.arange(COUNT), 4)))
    assert store.tiles_read == read


def test_changes_depend_on_plan_and_seed_but_not_on_threads_or_start(store: CountingStore) -> None:
    augmentation = Augmentation(HpacellsAugmentation())
    plan = plan_batches(shuffle_items(COUNT, 1, 0), 4)

    def collect(workers: int, start: int, seed: tuple[int, int]) -> list[np.ndarray]:
        loader = BatchLoader(store, np.arange(COUNT), SETTINGS, workers=workers, memory_bytes=2**20)
        batches = loader.batches(plan, start=start, augmentation=augmentation, seed=seed)
        return [batch.tiles for batch in batches]

    whole = collect(1, 0, (1, 0))
    for again, first in zip(collect(4, 2, (1, 0)), whole[2:], strict=True):
        np.testing.assert_array_equal(again, first)
    assert all((other != first).any() for other, first in zip(collect(1, 0, (1, 1)), whole, strict=True))


def test_parts_of_a_batch_are_the_whole(store: CountingStore) -> None:
    augmentation = Augmentation(HpacellsAugmentation())
    plan = plan_batches(shuffle_items(COUNT, 1, 0), 8)

    def collect(part: tuple[int, int]) -> list[Batch]:
        loader = BatchLoader(store, np.arange(COUNT), TileSettings(size=64, crop=48))
        return list(loader.batches(plan, augmentation=augmentation, seed=(1, 0), part=part, start=1))

    whole = collect((0, 1))
    for world in (2, 3):
        parts = [collect((rank, world)) for rank in range(world)]
        for batch, *cut in zip(whole, *parts, strict=True):
            np.testing.assert_array_equal(np.concatenate([part.items for part in cut]), batch.items)
            np.testing.assert_array_equal(np.concatenate([part.tiles for part in cut]), batch.tiles)
            sizes = [len(part.items) for part in cut]
            assert max(sizes) - min(sizes) <= 1


def test_more_processes_than_tiles(store: CountingStore) -> None:
    loader = BatchLoader(store, np.arange(COUNT), SETTINGS)
    with pytest.raises(InputError, match="2 tiles in a batch, for 3 processes"):
        list(loader.batches([np.arange(2)], part=(0, 3)))
    assert not our_threads()


@pytest.mark.parametrize("memory_bytes", [0, 2**20])
@pytest.mark.parametrize("stretch", ["none", "reference", "all"])
@pytest.mark.parametrize("channels", [CHANNELS, ("cell_mask", "green")])
def test_made_negatives_are_prepared_like_dim_cells(
    store: CountingStore, stretch: Literal["none", "reference", "all"], channels, memory_bytes: int
) -> None:
    settings = TileSettings(size=32, stretch=stretch, channels=channels)
    rows, green = np.array([3, 4, 3, 3]), np.array([1, 1, 0.05, 0], np.float32)
    loader = BatchLoader(store, rows, settings, memory_bytes=memory_bytes, protein_gain=green)
    order = np.array([2, 0, 1, 3])
    stored = np.stack(
        [
            255 * store.cell_masks(rows[order]).astype(np.uint8)
            if channel == "cell_mask"
            else store.read(rows[order], [channel])[:, 0]
            for channel in channels
        ],
        axis=1,
    )
    place = channels.index("green")
    dimmed = np.round(stored[:, place] * green[order][:, None, None])
    stored[:, place] = dimmed
    expected = prepare_tiles(stored, store.cell_masks(rows[order]), settings)
    for _ in range(2):
        (batch,) = loader.batches([order])
        np.testing.assert_array_equal(batch.tiles, expected)


def test_made_negatives_are_read_once(store: CountingStore) -> None:
    green = np.array([1, 0.05, 1, 0.05])
    loader = BatchLoader(store, np.array([3, 3, 4, 3]), SETTINGS, memory_bytes=2**20, protein_gain=green)
    for _ in range(2):
        list(loader.batches([np.arange(4)]))
    assert store.tiles_read == 3


def test_negatives_need_green(store: CountingStore) -> None:
    settings = TileSettings(size=32, channels=("red", "blue"))
    with pytest.raises(InputError, match="channels red, blue; expected green"):
        BatchLoader(store, np.arange(2), settings, protein_gain=np.array([1, 0.05]))
    assert len(BatchLoader(store, np.arange(2), settings, protein_gain=np.ones(2))) == 2


def test_repeated_items_are_read_and_kept_once(store: CountingStore) -> None:
    loader = BatchLoader(store, np.tile(np.arange(5), 4), SETTINGS, workers=1, memory_bytes=5 * 4096)
    for _ in range(2):
        for batch in loader.batches(plan_batches(np.arange(20), 5)):
            np.testing.assert_array_equal(batch.tiles, read_prepared(store, batch.items % 5, SETTINGS))
    # The comparison itself reads 5 tiles per batch.
    assert store.tiles_read <= 5 + 8 * 5 + 10


def test_crops_are_random_in_training_only(store: CountingStore) -> None:
    settings = TileSettings(size=64, crop=48)
    loader = BatchLoader(store, np.arange(COUNT), settings)
    plain = read_prepared(store, np.arange(COUNT), settings)
    plan = [np.arange(COUNT)]
    (centre,) = loader.batches(plan)
    np.testing.assert_array_equal(centre.tiles, plain[:, 8:56, 8:56])
    unchanged = Augmentation(NoAugmentation())
    first, again, other = (
        next(iter(loader.batches(plan, augmentation=unchanged, seed=seed))).tiles
        for seed in ((1, 0), (1, 0), (1, 1))
    )
    assert first.shape == centre.tiles.shape
    np.testing.assert_array_equal(first, again)
    assert (first != other).any(axis=(1, 2, 3)).mean() > 0.8
    assert (first != centre.tiles).any(axis=(1, 2, 3)).mean() > 0.8


def test_few_batches_are_prepared_ahead(store: CountingStore) -> None:
    loader = BatchLoader(store, np.arange(COUNT), SETTINGS, workers=1)
    batches = loader.batches(plan_batches(np.arange(COUNT), 2))
    with closing(batches):
        next(batches)
    assert store.tiles_read <= 2 * 3


def test_leaving_early_stops_the_threads(store: CountingStore) -> None:
    loader = BatchLoader(store, np.arange(COUNT), SETTINGS, workers=3)
    batches = loader.batches(plan_batches(np.arange(COUNT), 2))
    with closing(batches):
        next(batches)
        assert our_threads()
    assert not our_threads()


def test_an_error_in_a_thread_reaches_the_consumer(random_tiles: Path) -> None:
    class BrokenStore(TileStore):
        def read(self, rows, *arguments):
            if 1 in rows:
                raise OSError(5, "disk failed")
            return super().read(rows, *arguments)

    loader = BatchLoader(BrokenStore(random_tiles), np.arange(3), SETTINGS, workers=2)
    with pytest.raises(OSError, match="disk failed"):
        list(loader.batches([np.array([0]), np.array([1]), np.array([2])]))
    assert not our_threads()
