"""Training as hpacells does it beside the plain loop that a user would write.

The plain loop reads a PNG file a tile, resizes and changes it with the same albumentations one by one in the
main thread, and computes in float32. Ours reads a tile store by threads, ahead, or keeps prepared tiles in
memory as ``train`` does while they fit; it computes with channels last and in bfloat16 where the machine is
fast with it. Network, loss, optimiser and changes of tiles are the same. Each round measures every way once;
ratios are those within a round.

Run from the top folder: ``python -m benchmarks.training``
"""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from benchmarks.side_by_side.epochs import Epoch, Watch, make_classifier, measure, print_table, read_options
from benchmarks.side_by_side.machine import describe_machine
from benchmarks.side_by_side.plain_tiles import PlainTiles, draw_tiles, plain_loader, write_files, write_store
from data.augment.augmentation import Augmentation
from data.augment.hpacells import HpacellsAugmentation
from data.labels.label_file import NUM_CLASSES
from data.tiles.batch_loader import BatchLoader, plan_batches, shuffle_items
from data.tiles.preparation import TileSettings
from models.classifiers.classifier import Classifier
from models.classifiers.inference import to_tensor
from models.device import choose_device, to_device, uses_bfloat16
from models.training.depthwise import FloatDepthwiseGradients

Batches = Iterator[tuple[Tensor, Tensor]]


class Training:
    """One training; every epoch is timed."""

    def __init__(self, classifier: Classifier, *, bfloat16: bool) -> None:
        self._classifier, self._bfloat16 = classifier.train(), bfloat16
        self._device = next(classifier.parameters()).device
        self._optimiser = torch.optim.AdamW(classifier.parameters(), lr=1e-4)

    def epoch(self, batches: Batches) -> Epoch:
        """Train on all batches (N, C, S, S) uint8 with their numbers, whose classes are as good as random."""
        watch, waited = Watch(), 0.0
        while True:
            asked = time.perf_counter()
            batch = next(batches, None)
            waited += time.perf_counter() - asked
            if batch is None:
                return watch.stop(waited)
            tiles, numbers = (part.to(self._device) for part in batch)
            low = torch.autocast(self._device.type, torch.bfloat16, enabled=self._bfloat16)
            with FloatDepthwiseGradients() if self._bfloat16 else nullcontext(), low:
                logits = self._classifier(tiles).logits
            loss = torch.nn.functional.cross_entropy(logits, numbers % NUM_CLASSES)
            self._optimiser.zero_grad()
            loss.backward()
            self._optimiser.step()
            # What a trainer tells of every step; a device has finished by then.
            loss.item()


def batches_of(loader: BatchLoader, epoch: int, batch_size: int, augmentation: Augmentation) -> Batches:
    plan = plan_batches(shuffle_items(len(loader), 1, epoch), batch_size)
    for batch in loader.batches(plan, augmentation=augmentation, seed=(1, epoch)):
        yield to_tensor(batch, torch.device("cpu")), torch.from_numpy(batch.items)


def main() -> None:
    options = read_options(__doc__)
    print(describe_machine())
    print(f"Training {options.network}, {options.tiles} tiles of {options.size} px an epoch")
    device = choose_device("auto")
    bfloat16 = uses_bfloat16("auto", device)
    settings = TileSettings(size=options.size)
    augmentation = Augmentation(HpacellsAugmentation())
    tiles = draw_tiles(options.tiles)
    with tempfile.TemporaryDirectory() as folder:
        store = write_store(Path(folder) / "tiles.zarr", tiles)
        files = PlainTiles(write_files(Path(folder) / "png", tiles), options.size, augmentation)
        plain_batches = plain_loader(files, options.batch_size, shuffle=True)
        rows = np.arange(options.tiles)
        ahead = BatchLoader(store, rows, settings)
        kept = BatchLoader(store, rows, settings, memory_bytes=2**31)
        plain = Training(make_classifier(options.network, options.size).to(device), bfloat16=False)
        ours = Training(to_device(make_classifier(options.network, options.size), device), bfloat16=bfloat16)

        def train(loader: BatchLoader) -> Callable[[int], Epoch]:
            return lambda epoch: ours.epoch(batches_of(loader, epoch, options.batch_size, augmentation))

        ways: dict[str, Callable[[int], Epoch]] = {
            "plain loop": lambda _: plain.epoch(iter(plain_batches)),
            "hpacells, tiles kept in memory": train(kept),
            "hpacells, tiles read ahead": train(ahead),
        }
        print_table(measure(ways, options.rounds), options.tiles)


if __name__ == "__main__":
    main()
