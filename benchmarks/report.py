"""Time and memory of the report for fields that are full of cells.

Run from the top folder: ``python -m benchmarks.report``. Sixteen fields of 2048 px are simulated at 0.265 um
per pixel, so that each has some 300 cells, and segmented by their true masks. Each repetition writes the
whole report.
"""

import argparse
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks.scale import Measured, measure_command
from benchmarks.side_by_side.machine import describe_machine
from data.fields.images_table import read_images

_SIDE, _PIXEL_SIZE_UM = 2048, 0.265


def main() -> None:
    """Simulate, prepare, and measure ``inspect``."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--fields", type=int, default=16)
    parser.add_argument("--repetitions", type=int, default=3)
    arguments = parser.parse_args()
    sys.stdout.write(f"{describe_machine()}\n")
    with tempfile.TemporaryDirectory() as folder:
        work = prepare(Path(folder), arguments.fields)
        cells = int(read_images(work / "images.parquet")["cells"].sum())
        sys.stdout.write(f"{arguments.fields} fields of {_SIDE} px, {cells} cells\n\n")
        measured = [_write_report(work) for _ in range(arguments.repetitions)]
    seconds = [one.seconds for one in measured]
    sys.stdout.write(
        f"seconds: {', '.join(f'{one:.1f}' for one in seconds)}; median {statistics.median(seconds):.1f}\n"
    )
    last = measured[-1]
    sys.stdout.write(f"peak {last.memory:.0f} MiB; {last.files} files, {last.size:.0f} MiB\n")


def prepare(folder: Path, fields: int) -> Path:
    """Simulate fields and return a work folder in which their cells are cut and predicted."""
    images, work = folder / "images", folder / "work"
    pixel_size = ["--set", f"simulate.pixel_size_um={_PIXEL_SIZE_UM}"]
    steps: list[list[object]] = [
        ["simulate", images, "--fields", fields, "--size", _SIDE, "--seed", 3, *pixel_size],
        ["segment", images, "--work", work, "--masks", images / "masks"],
        ["crops", images, "--work", work],
        ["predict", "--work", work, "--model", "simhpa19"],
        ["combine", "--work", work],
    ]
    for step in steps:
        measured = measure_command(str(step[0]), step, folder)
        sys.stdout.write(f"{measured.name}: {measured.seconds:.1f} s, {measured.memory:.0f} MiB\n")
        sys.stdout.flush()
    return work


def _write_report(work: Path) -> Measured:
    shutil.rmtree(work / "report", ignore_errors=True)
    (work / "inspect.json").unlink(missing_ok=True)
    return measure_command("inspect", ["inspect", "--work", work], work)


if __name__ == "__main__":
    main()
