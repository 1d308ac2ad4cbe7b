"""SubCell from four-channel fields to embeddings: hpacells beside the published chain of two programs.

    python -m benchmarks.subcell --segmenter CHECKOUT --subcell CHECKOUT --python PYTHON [--images FOLDER]

The checkouts are of github.com/CellProfiling/HPACellSegmentatorPortable (2026-08, 77c3438) and of
github.com/CellProfiling/SubCellPortable (2024-10, 676f0e1); nothing is written there. PYTHON is one in which
both run, such as one with their requirements.txt. Both sides have the same stand-in weights, written as the
published ones are, and the same fields: some of FOLDER (four channels, pixels of 0.08 um), or simulated ones.

1. The whole chain. Published: ``process.py`` of the one program, which segments and cuts crops, then that of
   the other on the masked crops. hpacells: ``segment``, ``crops`` and ``predict`` with embeddings, all cells;
   with the same networks as the published program, and with ``lite``, which is what it takes by itself and
   which may find other cells. Both count everything from the start of the programs to their end; the
   segmenter's networks, which hpacells keeps converted for OpenVINO, are there already, from an untimed first
   run.
2. The network alone: the published loop, one tile at a time, and each runtime of hpacells, on the same tiles,
   with how near the embeddings are to those of the published loop. The weights are random, and say little of
   that.

Each repetition runs every way once, in turn; ratios are those within a repetition. Only a quiet machine gives
figures to quote.
"""

import argparse
import multiprocessing
import statistics
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.side_by_side.machine import describe_run
from benchmarks.subcell.fields import write_fields
from benchmarks.subcell.network import PUBLISHED, Tiles, compare, measure_network, write_tiles
from benchmarks.subcell.own_chain import OwnChain
from benchmarks.subcell.process import Cost
from benchmarks.subcell.published_chain import PublishedChain
from benchmarks.subcell.stand_ins import write_dpn_unet, write_subcell
from data.errors import InputError
from models.runtimes.names import resolve_runtime

PRESETS = {448: "subcell", 640: "subcell-640"}
"""Side of the crops -> the preset of as many patches."""

Run = tuple[Cost, Cost, int]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--segmenter", type=Path, required=True, help="checkout of HPACellSegmentatorPortable"
    )
    parser.add_argument("--subcell", type=Path, required=True, help="checkout of SubCellPortable")
    parser.add_argument("--python", type=Path, required=True, help="a Python that runs both")
    parser.add_argument("--images", type=Path, help="folder of fields; simulated ones by default")
    parser.add_argument("--fields", type=int, default=2)
    parser.add_argument(
        "--runtimes", nargs="+", default=["openvino", "openvino-bfloat16"], help="of hpacells' chain"
    )
    parser.add_argument("--crop-size", type=int, default=448, choices=PRESETS)
    parser.add_argument(
        "--rounds", type=int, default=3, help="repetitions of each part; 0 leaves the chain out"
    )
    parser.add_argument("--tiles", type=int, default=8, help="for the network alone; 0 leaves it out")
    options = parser.parse_args()
    print("\n".join(describe_run("benchmarks.subcell")), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        _run(options, Path(folder))


def _run(options: argparse.Namespace, folder: Path) -> None:
    weights, images = folder / "published", folder / "images"
    # In processes of their own, so that the memory of this one stays small.
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as apart:
        names = apart.submit(write_fields, images, options.images, options.fields).result()
        apart.submit(write_subcell, weights / "subcell").result()
        apart.submit(write_dpn_unet, weights / "dpn_unet").result()
    published = PublishedChain(
        options.python.absolute(),
        options.segmenter.absolute(),
        options.subcell.absolute(),
        folder / "theirs",
        options.crop_size,
    )
    own = OwnChain(folder / "ours", PRESETS[options.crop_size])
    for side in (published, own):
        side.prepare(weights / "dpn_unet", weights / "subcell")
    runtimes = [name for name in options.runtimes if _is_at_hand(name)] or ["torch"]
    works = [own.folder / f"first {runtime}" for runtime in runtimes]
    for work, runtime in zip(works, runtimes, strict=True):
        # The first work folder has the tiles for the network alone.
        if runtime.startswith("openvino") or work == works[0]:
            own.cut(images, work, runtime)
            own.cut(images, own.folder / f"first lite {runtime}", runtime, "lite")
    if options.rounds:
        _measure_chain(published, own, images, names, runtimes, options.rounds)
    if options.tiles:
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as apart:
            arguments = works[0] / "tiles.zarr", folder, own.preset, options.crop_size, options.tiles
            count = apart.submit(write_tiles, *arguments).result()
        tiles = Tiles(folder / "timed.npy", folder / "calibration.npy")
        _print_network(measure_network(published, own, tiles, max(1, options.rounds)), own.folder, count)


def _measure_chain(
    published: PublishedChain,
    own: OwnChain,
    images: Path,
    names: Sequence[str],
    runtimes: Sequence[str],
    rounds: int,
) -> None:
    ways: dict[str, Callable[[], Run]] = {"published": lambda: published.run(images, names)}
    for segmenter in ("dpn-unet", "lite"):
        for runtime in runtimes:
            name = f"hpacells, {segmenter}, {runtime}"
            ways[name] = lambda runtime=runtime, segmenter=segmenter: own.run(images, runtime, segmenter)
    measured: dict[str, list[Run]] = {name: [] for name in ways}
    for number in range(rounds):
        for name, way in ways.items():
            measured[name].append(way())
            print(f"repetition {number + 1}, {name}: {measured[name][-1]}", flush=True)
    print(f"\n{len(names)} fields, {rounds} repetitions, medians\n")
    print("| | whole chain | segment and cut | embed | processor time | peak memory | cells | faster |")
    print("|---|---|---|---|---|---|---|---|")
    first = measured["published"]
    for name, runs in measured.items():
        totals = [cut.then(embedded) for cut, embedded, _ in runs]
        ratios = [
            cut.then(embedded).seconds / total.seconds
            for (cut, embedded, _), total in zip(first, totals, strict=True)
        ]
        figures = [
            f"{_median(total.seconds for total in totals):.1f} s",
            f"{_median(cut.seconds for cut, _, _ in runs):.1f} s",
            f"{_median(embedded.seconds for _, embedded, _ in runs):.1f} s",
            f"{_median(total.processor for total in totals):.1f} s",
            f"{max(total.memory for total in totals):.0f} MiB",
            f"{runs[0][2]}",
            "" if name == "published" else _ratio(ratios),
        ]
        print(f"| {name} | {' | '.join(figures)} |")


def _print_network(workers: Sequence[Any], folder: Path, count: int) -> None:
    print(f"\nThe network alone, {count} tiles, {len(workers[0].seconds)} repetitions, medians\n")
    print("| | a cell | faster | cosine, lowest and mean | same likeliest class | peak memory | to load |")
    print("|---|---|---|---|---|---|---|")
    for worker in workers:
        ratios = [a / b for a, b in zip(workers[0].seconds, worker.seconds, strict=True)]
        figures = [f"{statistics.median(worker.seconds) / count:.3f} s"]
        if worker.name == PUBLISHED:
            figures += ["", "", ""]
        else:
            lowest, mean, same = compare(folder / f"{worker.name}.npz", folder / "published.npz")
            figures += [_ratio(ratios), f"{lowest:.6f}, {mean:.6f}", f"{same:.0%}"]
        figures += [f"{worker.memory:.0f} MiB", f"{worker.ready_seconds:.1f} s"]
        print(f"| {worker.name} | {' | '.join(figures)} |")


def _is_at_hand(runtime: str) -> bool:
    try:
        resolve_runtime(runtime)
    except InputError as error:
        print(f"left out: {error}")
        return False
    return True


def _median(values: Any) -> float:
    return statistics.median(list(values))


def _ratio(ratios: Sequence[float]) -> str:
    return f"{statistics.median(ratios):.2f}x ({min(ratios):.2f} to {max(ratios):.2f})"


if __name__ == "__main__":
    main()
