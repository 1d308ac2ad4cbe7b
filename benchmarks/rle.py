"""Time and memory of encoding all cells of a field, beside the loop over full-size masks with pycocotools.

Run from the top folder: ``python -m benchmarks.rle``
"""

import argparse
import base64
import statistics
import time
import tracemalloc
import zlib
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco
from scipy.spatial import KDTree

from data.masks.rle import encode_label_image


def draw_cells(size: int, cells: int, seed: int) -> NDArray[np.uint16]:
    """Draw a label image (size, size): Voronoi cells with wavy borders, 15 % of it background."""
    pixels = np.arange(size, dtype=np.float32)
    wave = size / 40
    y = pixels[:, None] + wave * np.sin(pixels[None, :] / wave)
    x = pixels[None, :] + wave * np.sin(pixels[:, None] / wave)
    centres = np.random.default_rng(seed).uniform(0, size, (cells, 2))
    distance, owner = KDTree(centres).query(np.stack([y, x], axis=-1).reshape(-1, 2))
    is_cell = distance < np.quantile(distance, 0.85)
    return np.where(is_cell, owner + 1, 0).astype(np.uint16).reshape(size, size)


def run_lengths(mask: NDArray[np.uint8]) -> bytes:
    """Encode a full-size mask by pycocotools."""
    counts = coco.encode(mask)["counts"]
    return counts if isinstance(counts, bytes) else counts.encode("ascii")


def encode_one_by_one(label_image: NDArray[np.uint16]) -> list[str]:
    """Encode the cells the plain way: a full-size mask each, pycocotools, zlib, base64."""
    return [
        base64.b64encode(
            zlib.compress(run_lengths(np.asfortranarray(label_image == cell, np.uint8)), 9)
        ).decode("ascii")
        for cell in range(1, int(label_image.max()) + 1)
    ]


def time_call(function: Callable[[NDArray[np.uint16]], list[str]], label_image: NDArray[np.uint16]) -> float:
    start = time.perf_counter()
    function(label_image)
    return time.perf_counter() - start


def peak_bytes(function: Callable[[NDArray[np.uint16]], list[str]], label_image: NDArray[np.uint16]) -> int:
    tracemalloc.start()
    function(label_image)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=2048)
    parser.add_argument("--cells", type=int, default=40)
    parser.add_argument("--runs", type=int, default=15)
    options = parser.parse_args()
    label_image = draw_cells(options.size, options.cells, seed=1)
    if encode_label_image(label_image) != encode_one_by_one(label_image):
        parser.error("the two do not give the same strings")
    pairs = [
        (time_call(encode_one_by_one, label_image), time_call(encode_label_image, label_image))
        for _ in range(options.runs)
    ]
    plain, ours = (statistics.median(times) for times in zip(*pairs, strict=True))
    ratio = statistics.median(one / other for one, other in pairs)
    plain_peak, our_peak = (peak_bytes(call, label_image) for call in (encode_one_by_one, encode_label_image))
    print(f"{options.size} px, {options.cells} cells, medians of {options.runs} paired runs; same strings")
    print(f"{'':28}{'time':>10}{'peak memory':>16}")
    print(f"{'pycocotools, mask by mask':28}{plain * 1e3:>7.1f} ms{plain_peak / 2**20:>12.1f} MiB")
    print(f"{'encode_label_image':28}{ours * 1e3:>7.1f} ms{our_peak / 2**20:>12.1f} MiB")
    print(f"{'ratio':28}{ratio:>9.0f}x{plain_peak / our_peak:>15.1f}x")


if __name__ == "__main__":
    main()
