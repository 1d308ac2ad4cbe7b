"""Time of a training epoch with batches made ahead, beside one whose tiles are read when they are needed.

Run from the top folder: ``python -m benchmarks.training``
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from data.augment.augmentation import Augmentation, augment_tiles
from data.augment.hpacells import HpacellsAugmentation
from data.batches import Batch, BatchLoader, plan_batches, shuffle_items
from data.cell_tiles import TILE_SIZE, CellTiles
from data.tile_preparation import TileSettings, read_prepared
from data.tiles import TileStore, TileWriter
from models.classifiers.backbones.backbone import BackboneSettings
from models.classifiers.classifier import Architecture, Classifier, Normalisation
from models.classifiers.heads.embedding import EmbeddingHeadSettings
from models.classifiers.inference import to_tensor
from models.device import choose_device, uses_bfloat16

Plan = list[NDArray[np.intp]]


def draw_store(path: Path, count: int) -> TileStore:
    """Write a store of blurred noise, which packs about as well as cells do."""
    random = np.random.default_rng(0)
    masks = np.ones((count, TILE_SIZE, TILE_SIZE), bool)
    coarse = random.integers(0, 256, (count, 4, TILE_SIZE // 4, TILE_SIZE // 4), dtype=np.uint8)
    tiles = coarse.repeat(4, axis=2).repeat(4, axis=3) // 2 + random.integers(
        0, 8, (count, 4, TILE_SIZE, TILE_SIZE), dtype=np.uint8
    )
    writer = TileWriter(path, count, "benchmark")
    writer.append(CellTiles(tiles, masks, masks, np.zeros((count, 4), np.float32)))
    writer.finish()
    return TileStore(path)


def read_when_needed(
    store: TileStore, plan: Plan, settings: TileSettings, augmentation: Augmentation
) -> Iterator[Batch]:
    """Make each batch when the trainer asks for it."""
    for items in plan:
        tiles = read_prepared(store, items, settings)
        yield Batch(items, augment_tiles(tiles, items.tolist(), augmentation))


def train_epoch(
    classifier: Classifier, optimiser: torch.optim.Optimizer, batches: Iterator[Batch], bfloat16: bool
) -> tuple[float, float]:
    """Train on all batches; give the seconds that it took and those spent waiting for batches."""
    device = next(classifier.parameters()).device
    start, waited = time.perf_counter(), 0.0
    while True:
        asked = time.perf_counter()
        batch = next(batches, None)
        waited += time.perf_counter() - asked
        if batch is None:
            return time.perf_counter() - start, waited
        with torch.autocast(device.type, torch.bfloat16, enabled=bfloat16):
            loss = classifier(to_tensor(batch, device)).logits.logsumexp(dim=1).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tiles", type=int, default=384)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    device = choose_device("auto")
    bfloat16 = uses_bfloat16("auto", device)
    settings = TileSettings(size=options.size)
    architecture = Architecture(
        mode="single-label",
        tiles=settings,
        normalisation=Normalisation(mean=(0.3,) * 4, deviation=(0.2,) * 4),
        backbone=BackboneSettings(pretrained="none"),
        head=EmbeddingHeadSettings(),
    )
    classifier = Classifier(architecture).to(device).train()
    optimiser = torch.optim.AdamW(classifier.parameters())
    augmentation = Augmentation(HpacellsAugmentation())
    with tempfile.TemporaryDirectory() as folder:
        store = draw_store(Path(folder) / "tiles.zarr", options.tiles)
        rows = np.arange(options.tiles)
        kept = BatchLoader(store, rows, settings, memory_bytes=2**30)
        ahead = BatchLoader(store, rows, settings)
        ways: dict[str, Callable[[Plan], Iterator[Batch]]] = {
            "read when needed": lambda plan: read_when_needed(store, plan, settings, augmentation),
            "read ahead": lambda plan: ahead.batches(plan, augmentation=augmentation),
            "kept in memory": lambda plan: kept.batches(plan, augmentation=augmentation),
        }
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
        # The first round warms up, and fills the memory.
        for run in range(options.runs + 1):
            plan = plan_batches(shuffle_items(options.tiles, 1, run), 64)
            for name, batches in ways.items():
                measured = train_epoch(classifier, optimiser, batches(plan), bfloat16)
                if run:
                    times[name].append(measured)
    first = statistics.median(seconds for seconds, _ in times["read when needed"])
    for name, measured in times.items():
        seconds, waited = (statistics.median(values) for values in zip(*measured, strict=True))
        print(
            f"{name:18} {seconds:6.2f} s an epoch ({options.tiles / seconds:5.0f} tiles/s), "
            f"{waited:6.2f} s of it waiting; {first / seconds:.2f} times as fast"
        )


if __name__ == "__main__":
    main()
