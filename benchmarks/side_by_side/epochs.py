"""Passes over some tiles, timed way by way in turn, and their table."""

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch

from data.tiles.preparation import TileSettings
from models.classifiers.classifier import Architecture, Classifier


@dataclass(frozen=True)
class Epoch:
    """Seconds of an epoch, those of them spent waiting for batches, and those of all cores together."""

    seconds: float
    waited: float
    processor: float


class Watch:
    """Measures an epoch from when it is made on."""

    def __init__(self) -> None:
        self._start, self._processor = time.perf_counter(), time.process_time()

    def stop(self, waited: float) -> Epoch:
        """Return the epoch, of which so many seconds went by waiting for batches."""
        return Epoch(time.perf_counter() - self._start, waited, time.process_time() - self._processor)


def make_classifier(network: str, size: int) -> Classifier:
    """Make a classifier with random weights, the same each time."""
    torch.manual_seed(0)
    architecture = Architecture.model_validate(
        {
            "mode": "single-label",
            "tiles": TileSettings(size=size),
            "normalisation": {"mean": [0.3] * 4, "deviation": [0.2] * 4},
            "backbone": {"name": network, "pretrained": "none"},
            "head": {},
        }
    )
    return Classifier(architecture)


def measure(ways: dict[str, Callable[[int], Epoch]], rounds: int) -> dict[str, list[Epoch]]:
    """Measure every way in turn; the first round warms up and is left out."""
    measured: dict[str, list[Epoch]] = {name: [] for name in ways}
    for number in range(rounds + 1):
        for name, way in ways.items():
            epoch = way(number)
            if number:
                measured[name].append(epoch)
    return measured


def print_table(measured: dict[str, list[Epoch]], count: int) -> None:
    """Print medians over rounds, and ratios to the first way in the same round."""
    print("\n| | tiles/s | processor time a tile | waiting for tiles | faster than the plain loop |")
    print("|---|---|---|---|---|")
    plain = next(iter(measured.values()))
    for name, epochs in measured.items():
        speed = statistics.median(count / epoch.seconds for epoch in epochs)
        processor = statistics.median(epoch.processor / count for epoch in epochs)
        waiting = statistics.median(epoch.waited / epoch.seconds for epoch in epochs)
        ratios = [first.seconds / epoch.seconds for first, epoch in zip(plain, epochs, strict=True)]
        told = f"{statistics.median(ratios):.2f}x ({min(ratios):.2f} to {max(ratios):.2f})"
        told = "" if epochs is plain else told
        print(f"| {name} | {speed:.0f} | {1000 * processor:.1f} ms | {100 * waiting:.1f} % | {told} |")


def read_options(description: str | None) -> argparse.Namespace:
    """Read the options that both benchmarks have."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tiles", type=int, default=384)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--network", default="tf_efficientnet_lite0")
    return parser.parse_args()
