"""Time of reading the four channels of a field, by file format, beside a plain reading of the same files.

Run from the top folder: ``python -m benchmarks.reading``. With ``--before FOLDER``, another checkout of
hpacells reads the same files in turn, in a process of its own, so that a change of the reader is measured in
one run.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import cv2
import imagecodecs
import numpy as np
import tifffile
from numpy.typing import NDArray

from benchmarks.side_by_side.machine import describe_machine
from data.channels import CHANNELS
from data.fields.image_folder import find_fields
from data.simulate.single_field import simulate_field

Image = NDArray[np.unsignedinteger]
Timer = Callable[[Path], float]

_TINTS = {"red": (1, 0, 0), "green": (0, 1, 0), "blue": (0, 0, 1), "yellow": (1, 1, 0)}

_OTHER_CHECKOUT = """
import sys, time
from pathlib import Path
from data.fields.image_folder import find_fields
for line in sys.stdin:
    start = time.perf_counter()
    [field] = find_fields(Path(line.strip()))
    field.read()
    print(time.perf_counter() - start, flush=True)
"""
"""Times the reader of the checkout that it runs in, folder by folder."""


def write_png(path: Path, plane: Image, _: str) -> None:
    path.with_suffix(".png").write_bytes(imagecodecs.png_encode(plane))


def write_jpeg(path: Path, plane: Image, channel: str) -> None:
    tinted = np.multiply.outer(plane, np.array(_TINTS[channel], np.uint8))
    path.with_suffix(".jpg").write_bytes(imagecodecs.jpeg8_encode(tinted, level=90))


def write_tiff(path: Path, plane: Image, _: str) -> None:
    tifffile.imwrite(path.with_suffix(".tif"), plane)


def write_deflated_tiff(path: Path, plane: Image, _: str) -> None:
    tifffile.imwrite(path.with_suffix(".tif"), plane, compression="zlib", tile=(256, 256))


def write_ome_tiff(path: Path, plane: Image, _: str) -> None:
    pixel_size = {"PhysicalSizeX": 0.08, "PhysicalSizeY": 0.08}
    tifffile.imwrite(path.with_suffix(".ome.tif"), plane, metadata={"axes": "YX", **pixel_size})


FORMATS: dict[str, tuple[int, Callable[[Path, Image, str], None]]] = {
    "PNG, 8 bit": (8, write_png),
    "PNG, 16 bit": (16, write_png),
    "TIFF, 8 bit": (8, write_tiff),
    "TIFF, 16 bit": (16, write_tiff),
    "TIFF, 16 bit, deflated tiles": (16, write_deflated_tiff),
    "OME-TIFF, 16 bit": (16, write_ome_tiff),
    "JPEG, tinted": (8, write_jpeg),
}
"""Name -> bits, and what writes a plane."""


def read_plainly(folder: Path) -> Image:
    """Read the four files as a notebook does: with OpenCV, or tifffile for TIFF; of a tint its own plane."""
    planes = []
    for channel in CHANNELS:
        [path] = folder.glob(f"*_{channel}.*")
        if path.suffix == ".tif":
            planes.append(tifffile.imread(path))
        else:
            image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
            tint = np.flatnonzero(_TINTS[channel][::-1])
            planes.append(image if image.ndim == 2 else image[..., tint].max(axis=2))
    return np.stack(planes)


def read_with_hpacells(folder: Path) -> Image:
    [field] = find_fields(folder)
    return field.read()


def time_plain(folder: Path) -> float:
    start = time.perf_counter()
    read_plainly(folder)
    return time.perf_counter() - start


def time_hpacells(folder: Path) -> float:
    start = time.perf_counter()
    read_with_hpacells(folder)
    return time.perf_counter() - start


@contextmanager
def other_checkout(root: Path) -> Iterator[Timer]:
    """Start the reader of another checkout in a process of its own."""
    environment = os.environ | {"PYTHONPATH": str(root)}
    process = subprocess.Popen(
        [sys.executable, "-c", _OTHER_CHECKOUT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=root,
        env=environment,
    )
    assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 (both are pipes)
    stdin, stdout = process.stdin, process.stdout

    def time_other(folder: Path) -> float:
        stdin.write(f"{folder}\n")
        stdin.flush()
        return float(stdout.readline())

    try:
        yield time_other
    finally:
        stdin.close()
        process.wait()


def compare(readers: dict[str, Timer], folder: Path, runs: int) -> dict[str, list[float]]:
    """Time all readers in turn, after a round that warms up, in seconds per field."""
    times: dict[str, list[float]] = {name: [] for name in readers}
    for run in range(runs + 1):
        for name, reader in readers.items():
            seconds = reader(folder)
            if run:
                times[name].append(seconds)
    return times


def describe(times: dict[str, list[float]]) -> str:
    """Return the medians, and the median ratio of each plain reading to that of hpacells in its round."""
    cells = [f"{statistics.median(each) * 1e3:10.1f} ms" for each in times.values()]
    for name in times:
        if name != "hpacells":
            pairs = zip(times[name], times["hpacells"], strict=True)
            cells.append(f"{statistics.median(other / ours for other, ours in pairs):15.2f}x")
    return "".join(cells)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=2048)
    parser.add_argument("--runs", type=int, default=11)
    parser.add_argument("--before", type=Path, help="another checkout of hpacells, to compare with")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    image = simulate_field(seed=1, size=options.size).image
    readers: dict[str, Timer] = {"plain": time_plain, "hpacells": time_hpacells}
    with tempfile.TemporaryDirectory() as root, ExitStack() as stack:
        if options.before is not None:
            readers["before"] = stack.enter_context(other_checkout(options.before.resolve()))
        ratios = [f"{name} : ours" for name in readers if name != "hpacells"]
        heads = [*(f"{name:>13}" for name in readers), *(f"{name:>16}" for name in ratios)]
        print(f"{describe_machine()}; {options.size} px, 4 channels, medians of {options.runs} rounds")
        print(f"{'time per field':30}{''.join(heads)}")
        for number, (name, (bits, write)) in enumerate(FORMATS.items()):
            folder = Path(root) / str(number)
            folder.mkdir()
            planes = image if bits == 8 else image.astype(np.uint16) * 257
            for channel, plane in zip(CHANNELS, planes, strict=True):
                write(folder / f"A1_{channel}", plane, channel)
            if not np.array_equal(read_plainly(folder), read_with_hpacells(folder)):
                parser.error(f"{name}: the two do not read the same pixels")
            print(f"{name:30}{describe(compare(readers, folder, options.runs))}")


if __name__ == "__main__":
    main()
