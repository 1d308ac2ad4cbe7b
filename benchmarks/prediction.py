"""Prediction as hpacells does it beside the plain loop that a user would write.

The plain loop reads a PNG file a tile, resizes them one by one in the main thread and computes in float32
without gradients. Ours reads a tile store by threads, ahead, and runs the same network by every runtime at
hand; all must give the same probabilities. Each round measures every way once; ratios are those in a round.

Run from the top folder: ``python -m benchmarks.prediction``
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader

from benchmarks.side_by_side.epochs import Epoch, Watch, make_classifier, measure, print_table, read_options
from benchmarks.side_by_side.machine import describe_machine
from benchmarks.side_by_side.plain_tiles import PlainTiles, draw_tiles, plain_loader, write_files, write_store
from benchmarks.side_by_side.runtimes import runtimes_at_hand
from data.tiles.batch_loader import BatchLoader
from models.classifiers.classifier import Classifier
from models.classifiers.inference import predict_tiles
from models.classifiers.runtimes.batch_runtime import BatchRuntime
from models.classifiers.runtimes.factory import make_batch_runtime
from models.device import choose_device
from models.runtimes.names import resolve_runtime

MOST_DIFFERENCE = 1e-2
"""Of a probability from the plain loop's, in bfloat16."""


class Prediction:
    """Ways to predict the same tiles; each keeps its probabilities, to be compared."""

    def __init__(self, classes: int, count: int) -> None:
        self._shape = count, classes
        self.probabilities: dict[str, NDArray[np.float32]] = {}

    def plainly(self, name: str, classifier: Classifier, batches: DataLoader[tuple[Tensor, Tensor]]) -> Epoch:
        """Predict as a plain loop does."""
        device = next(classifier.parameters()).device
        probabilities = np.zeros(self._shape, np.float32)
        watch, waited, ready = Watch(), 0.0, time.perf_counter()
        with torch.no_grad():
            for tiles, numbers in batches:
                waited += time.perf_counter() - ready
                scores = classifier(tiles.to(device))
                probabilities[numbers.numpy()] = classifier.probabilities(scores.logits).cpu().numpy()
                ready = time.perf_counter()
        self.probabilities[name] = probabilities
        return watch.stop(waited)

    def by_runtime(
        self, name: str, batch_runtime: BatchRuntime, loader: BatchLoader, batch_size: int
    ) -> Epoch:
        """Predict as ``hpacells predict`` does."""
        probabilities = np.zeros(self._shape, np.float32)
        watch, waited = Watch(), loader.wait_seconds
        for part in predict_tiles([batch_runtime], loader, batch_size=batch_size):
            probabilities[part.items] = part.probabilities
        self.probabilities[name] = probabilities
        return watch.stop(loader.wait_seconds - waited)


def main() -> None:
    options = read_options(__doc__)
    print(describe_machine())
    print(f"Predicting with {options.network}, {options.tiles} tiles of {options.size} px; auto: ", end="")
    print(resolve_runtime())
    tiles = draw_tiles(options.tiles)
    plain = make_classifier(options.network, options.size).to(choose_device("auto")).eval()
    prediction = Prediction(len(plain.architecture.class_names), options.tiles)
    with tempfile.TemporaryDirectory() as folder:
        store = write_store(Path(folder) / "tiles.zarr", tiles)
        loader = BatchLoader(store, np.arange(options.tiles), plain.architecture.tiles)
        files = PlainTiles(write_files(Path(folder) / "png", tiles), options.size)
        batches = plain_loader(files, options.batch_size, shuffle=False)

        def run(name: str) -> Callable[[int], Epoch]:
            batch_runtime = make_batch_runtime(make_classifier(options.network, options.size), name)
            return lambda _: prediction.by_runtime(name, batch_runtime, loader, options.batch_size)

        ways: dict[str, Callable[[int], Epoch]] = {
            "plain loop": lambda _: prediction.plainly("plain loop", plain, batches)
        }
        ways |= {f"hpacells, {name}": run(name) for name in runtimes_at_hand() if name != "openvino-int8"}
        measured = measure(ways, options.rounds)
    compare(prediction.probabilities)
    print_table(measured, options.tiles)


def compare(probabilities: dict[str, NDArray[np.float32]]) -> None:
    """Refuse ways whose probabilities are not those of the plain loop."""
    plain = probabilities["plain loop"]
    for name, found in probabilities.items():
        difference = float(np.abs(found - plain).max())
        if name != "plain loop":
            print(f"{name}: probabilities differ by {difference:.1e} at most")
        if difference > MOST_DIFFERENCE:
            message = f"{name} does not predict what the plain loop does"
            raise SystemExit(message)


if __name__ == "__main__":
    main()
