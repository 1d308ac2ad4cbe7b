"""Time, memory, files and bytes of every stage by the number of fields, in one run and merged from shards.

Run from the top folder: ``python -m benchmarks.scale --fields 10 100 1000``. Ten fields of 400 px are
simulated and linked under as many names as are asked for. Each command runs in a process of its own; the
memory is the peak that the system counted for it.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.side_by_side.command import run_command
from benchmarks.side_by_side.machine import describe_machine

_SIMULATED = 10
_SIDE = 400
_HEADER = "| command | s | peak MiB | files | MiB |\n|---|---|---|---|---|\n"
_CHANNELS = ("red", "green", "blue", "yellow")


class Measured(NamedTuple):
    """What one command took: s, MiB, and files and MiB that the work folder has more."""

    name: str
    seconds: float
    memory: float
    files: int
    size: float


def main() -> None:
    """Measure all commands for each number of fields, and print a table of each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--fields", type=int, nargs="+", default=[10, 100, 1000])
    parser.add_argument("--shards", type=int, default=4)
    parser.add_argument("--formats", nargs="*", default=["h5ad"], help="formats of export to measure")
    parser.add_argument("--without", nargs="*", default=[], help="commands to leave out, such as inspect")
    arguments = parser.parse_args()
    sys.stdout.write(f"{describe_machine()}\n")
    with tempfile.TemporaryDirectory() as folder:
        simulated = Path(folder) / "simulated"
        run_command(["simulate", simulated, "--fields", _SIMULATED, "--size", _SIDE, "--seed", 3])
        for count in arguments.fields:
            images = Path(folder) / f"images-{count}"
            link_fields(simulated, images, count)
            sys.stdout.write(f"\n{count} fields\n\n{_HEADER}")
            for measured in _measure(Path(folder), images, arguments):
                sys.stdout.write(
                    f"| {measured.name} | {measured.seconds:.1f} | {measured.memory:.0f} "
                    f"| {measured.files} | {measured.size:.1f} |\n"
                )
                sys.stdout.flush()


def link_fields(simulated: Path, images: Path, count: int) -> None:
    """Link fields under new names until there are so many."""
    images.mkdir()
    names = sorted(path.name.removesuffix("_blue.png") for path in simulated.glob("*_blue.png"))
    for number in range(count):
        for channel in _CHANNELS:
            source = simulated / f"{names[number % len(names)]}_{channel}.png"
            (images / f"field-{number:06d}_{channel}.png").hardlink_to(source)


def _measure(folder: Path, images: Path, arguments: argparse.Namespace) -> Iterator[Measured]:
    without, shards = arguments.without, arguments.shards
    work, joined = (folder / f"{name}-{images.name}" for name in ("single", "joined"))
    stages: dict[str, list[object]] = {
        "segment": [images],
        "crops": [images],
        "predict": ["--model", "simhpa19"],
    }
    for stage, more in stages.items():
        yield measure_command(stage, [stage, *more, "--work", work], work)
    for stage in ("combine", "inspect"):
        if stage not in without:
            yield measure_command(stage, [stage, "--work", work], work)
    for name in arguments.formats:
        yield measure_command(f"export {name}", ["export", work, "--format", name], work)
    if "merge" in without:
        return
    for stage, more in stages.items():
        parts = [
            measure_command(stage, [stage, *more, "--work", joined, "--shard", f"{number}/{shards}"], joined)
            for number in range(shards)
        ]
        yield Measured(
            f"{stage}, the longest of {shards} shards",
            max(part.seconds for part in parts),
            max(part.memory for part in parts),
            sum(part.files for part in parts),
            sum(part.size for part in parts),
        )
    yield measure_command("merge", ["merge", joined], joined)


def measure_command(name: str, command: Sequence[object], work: Path) -> Measured:
    """Measure a command of hpacells, and what it adds to a work folder."""
    files, size = _look(work)
    cost = run_command(command)
    files_after, size_after = _look(work)
    return Measured(name, cost.seconds, cost.memory, files_after - files, size_after - size)


def _look(folder: Path) -> tuple[int, float]:
    """Count the files of a folder and their MiB; what is linked twice counts once."""
    stats = {path.stat().st_ino: path.stat() for path in folder.rglob("*") if path.is_file()}
    return len(stats), sum(stat.st_size for stat in stats.values()) / 2**20


if __name__ == "__main__":
    main()
