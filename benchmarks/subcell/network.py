"""The network alone: the published loop beside every runtime of hpacells, on the same tiles."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.side_by_side.runtimes import runtimes_at_hand
from benchmarks.subcell.own_chain import OwnChain
from benchmarks.subcell.process import Worker
from benchmarks.subcell.published_chain import PublishedChain
from data.tiles.preparation import TileSettings, crop_tiles, read_prepared
from data.tiles.tile_store import TileStore
from models.classifiers.backbones.subcell.names import CHANNELS

PUBLISHED = "published loop"


@dataclass(frozen=True)
class Tiles:
    """Files of tiles (N, S, S, 4) uint8: those that are timed, and others on which int8 is calibrated."""

    timed: Path
    calibration: Path


def write_tiles(store: Path, folder: Path, preset: str, side: int, count: int) -> int:
    """Write some tiles of a store to be timed, the others to calibrate on; return how many are timed."""
    settings = TileSettings.model_validate({"preset": preset, "size": side, "channels": CHANNELS["rybg"]})
    opened = TileStore(store)
    rows = np.arange(len(opened))
    tiles = crop_tiles(read_prepared(opened, rows, settings), settings)
    timed = min(count, max(1, len(tiles) // 2))
    np.save(folder / "timed.npy", tiles[-timed:])
    np.save(folder / "calibration.npy", tiles[:-timed])
    return timed


def measure_network(published: PublishedChain, own: OwnChain, tiles: Tiles, rounds: int) -> list[Worker]:
    """Time every way in turn, the first round to warm up; the published loop is the first."""
    folder, log = own.folder, own.folder / "network.txt"
    script = Path(__file__).with_name("published_loop.py")
    output = folder / "published.npz"
    command = [published.python, script, published.subcell, published.subcell_folder, tiles.timed, output]
    workers = [Worker(PUBLISHED, command, {}, log)]
    for runtime in runtimes_at_hand():
        output = folder / f"{runtime}.npz"
        module = ["-m", "benchmarks.subcell.own_loop"]
        command = [sys.executable, *module, runtime, tiles.timed, tiles.calibration, output]
        workers.append(Worker(runtime, command, own.environment, log))
    for number in range(rounds + 1):
        for worker in workers:
            seconds = worker.work()
            if number:
                worker.seconds.append(seconds)
            print(json.dumps({"round": number, "way": worker.name, "seconds": seconds}), flush=True)
    for worker in workers:
        worker.close()
    return workers


def compare(found: Path, reference: Path) -> tuple[float, float, float]:
    """Return lowest and mean cosine of embeddings, and the share of cells with the same likeliest class."""
    ours, theirs = np.load(found), np.load(reference)
    cosines = _cosines(ours["embeddings"], theirs["embeddings"])
    same = ours["probabilities"].argmax(1) == theirs["probabilities"].argmax(1)
    return float(cosines.min()), float(cosines.mean()), float(same.mean())


def _cosines(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float64]:
    one, other = first.astype(np.float64), second.astype(np.float64)
    return (one * other).sum(1) / (np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1))
