"""Batches of prepared tiles, made ahead in background threads, so that the trainer does not wait for disk."""

import time
from collections.abc import Generator, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from data.augment.augmentation import Augmentation, augment_tiles
from data.errors import InputError
from data.prefetch import work_ahead
from data.tiles.preparation import TileSettings, crop_tiles, read_prepared
from data.tiles.tile_reader import TileReader

Number = TypeVar("Number", bound=np.generic)

_Tile: TypeAlias = tuple[int, float]
"""Row of the store, and gain of the protein."""


@dataclass(frozen=True)
class Batch:
    """Some prepared tiles.

    Attributes
    ----------
    items
        (n,) numbers of the items, as they stood in the plan.
    tiles
        (n, S, S, C) uint8, cropped where the settings say so; of a `FeatureLoader` (n, 1, 1, F) float32.
    """

    items: NDArray[np.intp]
    tiles: NDArray[Any]


def plan_batches(order: NDArray[np.integer], batch_size: int) -> list[NDArray[np.intp]]:
    """Cut an order of items into batches of nearly equal size, none above ``batch_size``.

    No batch is left with one item (batch normalisation cannot train on it) unless ``order`` has just one.
    """
    count = max(1, -(-len(order) // batch_size))
    return [part.astype(np.intp) for part in np.array_split(np.asarray(order), count) if len(part)]


def shuffle_items(
    count: int, seed: int, epoch: int, weights: NDArray[np.floating] | None = None
) -> NDArray[np.intp]:
    """Shuffle the items 0..count-1 for an epoch, or draw as many with replacement where weights are given.

    Returns
    -------
    ndarray (count,)
        At least two: a lone item comes twice, because batch normalisation cannot train on one.
    """
    random = np.random.default_rng((seed, epoch))
    if count == 1:
        return np.zeros(2, np.intp)
    if weights is None:
        return random.permutation(count)
    return random.choice(count, size=count, replace=True, p=weights / weights.sum())


def divide_batch(items: NDArray[Number], part: tuple[int, int]) -> NDArray[Number]:
    """Return part ``rank`` of a batch that is cut into ``world`` nearly equal parts, for (rank, world).

    Raises
    ------
    InputError
        The batch has fewer items than there are parts.
    """
    rank, world = part
    if len(items) < world:
        raise InputError(
            found=f"{len(items)} tiles in a batch, for {world} processes",
            where="training",
            expected="a tile or more for each process",
            advice="use fewer processes or larger batches",
        )
    return np.array_split(items, world)[rank]


class BatchLoader:
    """Prepare batches in background threads, some batches ahead of the consumer.

    Prepared tiles are kept in memory as far as the budget reaches; the rest is read ahead from the store.
    Tiles depend on the plan and the seed alone, not on threads or on where an epoch is taken up again.

    Parameters
    ----------
    store, rows, settings
        Item i is the tile of row ``rows[i]`` of ``store``, prepared by ``settings``.
    workers
        Background threads.
    memory_bytes
        Budget for tiles that are kept; one that several items share is kept once.
    protein_gain
        (items,) factors, 0..1, of the green channel of every item's stored tile, darkened before it is
        prepared; None leaves it as it is.

    Raises
    ------
    InputError
        There are gains of the protein, but the settings leave that channel out.

    Attributes
    ----------
    wait_seconds
        Time that the consumer has waited for batches so far.
    """

    def __init__(
        self,
        store: TileReader,
        rows: NDArray[np.integer],
        settings: TileSettings,
        *,
        workers: int = 2,
        memory_bytes: int = 0,
        protein_gain: NDArray[np.floating] | None = None,
    ) -> None:
        self._store, self._rows, self._settings = store, np.asarray(rows), settings
        # One number, read as often as there are tiles.
        gains = np.broadcast_to(1.0, len(self._rows)) if protein_gain is None else np.asarray(protein_gain)
        self._protein_gain = gains
        if (gains != 1).any() and "green" not in settings.channels:
            raise InputError(
                found=f"channels {', '.join(settings.channels)}",
                where="settings of the tiles",
                expected="green, which negative cells are made of",
                advice="add it, or set data.synthetic_negative_fraction = 0",
            )
        self._workers = workers
        self._capacity = memory_bytes // (settings.size**2 * len(settings.channels))
        self._kept: dict[_Tile, NDArray[np.uint8]] = {}
        self.wait_seconds = 0.0

    def __len__(self) -> int:
        """Count the items."""
        return len(self._rows)

    def batches(
        self,
        plan: Sequence[NDArray[np.intp]],
        *,
        start: int = 0,
        augmentation: Augmentation | None = None,
        seed: Sequence[int] = (0,),
        part: tuple[int, int] = (0, 1),
    ) -> Generator[Batch, None, None]:
        """Yield the batches of a plan, from number ``start`` on, in order.

        At most ``2 * workers`` batches are prepared ahead. Close the generator (``contextlib.closing``) to
        stop the threads when leaving before its end; an error in a thread is raised here.

        Parameters
        ----------
        plan
            Items of every batch.
        start
            Number of the first batch to yield.
        augmentation
            How tiles are changed, after they were cropped at random; None leaves them as they are, and crops
            them at the centre.
        seed
            Numbers, such as seed and epoch, from which every tile's own seed is made.
        part
            (rank, world): only part ``rank`` of each batch is prepared, as ``divide_batch`` cuts it; all
            parts together are the tiles of the whole batch.
        """
        seeds = _tile_seeds(plan, seed)
        for smallest in sorted(plan[start:], key=len)[:1]:
            # What cannot be divided is told before any work.
            divide_batch(smallest, part)
        executor = ThreadPoolExecutor(self._workers, thread_name_prefix="hpacells-batches")
        try:
            # Made when its batch is, since the seeds of all tiles would take more than all else.
            work = (
                (divide_batch(items, part), divide_batch(own, part).tolist())
                for items, own in zip(plan[start:], seeds[start:], strict=True)
            )
            before = time.perf_counter()
            for _, prepared in work_ahead(
                executor, lambda item: self._prepare(*item, augmentation), work, 2 * self._workers
            ):
                batch = prepared.result()
                self.wait_seconds += time.perf_counter() - before
                yield batch
                before = time.perf_counter()
        finally:
            executor.shutdown(wait=True, cancel_futures=True)

    def prepare(self, items: NDArray[np.intp]) -> Batch:
        """Prepare one batch as it is, here and now."""
        return self._prepare(items, (), None)

    def _prepare(
        self, items: NDArray[np.intp], seeds: Sequence[int], augmentation: Augmentation | None
    ) -> Batch:
        tiles = self._read(items)
        if augmentation is None:
            return Batch(items, crop_tiles(tiles, self._settings))
        # Cropped first: fewer pixels are to be changed.
        tiles = crop_tiles(tiles, self._settings, seeds)
        return Batch(items, augment_tiles(tiles, seeds, augmentation))

    def _read(self, items: NDArray[np.intp]) -> NDArray[np.uint8]:
        # A darkened tile is one of its own: brightened by its own light, it cannot be made of the other.
        rows, gains = self._rows[items], self._protein_gain[items]
        keys: list[_Tile] = list(zip(rows.tolist(), gains.tolist(), strict=True))
        found = {key: self._kept[key] for key in keys if key in self._kept}
        missing = [key for key in dict.fromkeys(keys) if key not in found]
        if missing:
            rows, gains = (np.array(part) for part in zip(*missing, strict=True))
            read = read_prepared(self._store, rows, self._settings, gains if (gains != 1).any() else None)
            fresh = dict(zip(missing, read, strict=True))
            found |= fresh
            self._keep(fresh.items())
        return np.stack([found[key] for key in keys])

    def _keep(self, fresh: Iterable[tuple[_Tile, NDArray[np.uint8]]]) -> None:
        for tile, prepared in fresh:
            if len(self._kept) >= self._capacity:
                return
            # A copy, or the tile would hold on to the memory of its whole batch.
            self._kept[tile] = prepared.copy()


def _tile_seeds(
    plan: Sequence[NDArray[np.intp]], seed: Sequence[int]
) -> Sequence[NDArray[np.unsignedinteger]]:
    if not plan:
        return []
    sizes = [len(items) for items in plan]
    seeds = np.random.SeedSequence(tuple(seed)).generate_state(sum(sizes), np.uint32)
    return np.split(seeds, np.cumsum(sizes)[:-1])
