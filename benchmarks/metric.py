"""Time of scoring a submission, beside the loop over pairs of full-size masks; both must give the same score.

Run from the top folder: ``python -m benchmarks.metric``. With ``--alone`` the plain way, which takes hours
for a whole test set, is left out, and the command ``hpacells score`` is timed, with its peak memory.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.rle import draw_cells
from benchmarks.side_by_side.machine import describe_machine
from data.labels.label_file import NUM_CLASSES
from data.masks.rle import decode_mask, encode_label_image
from data.predictions.prediction_string import Triples, format_prediction_string
from data.predictions.submission import Submission, SubmissionRow, read_submission, write_submission
from data.score.average_precision import average_precision
from data.score.kaggle_map import KAGGLE_IOU, score

Scores = list[float | None]
Labels = NDArray[np.uint16]

_LAUNCH = (
    "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True); "
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
)

_DRAWN = 24
"""Label images that are drawn; those of further images are these, moved around."""


def draw_files(folder: Path, images: int, cells: int, size: int) -> tuple[Path, Path]:
    """Write a truth with 1 or 2 classes a cell, and a submission of its cells, moved, with all classes."""
    drawn = [draw_cells(size, cells, seed=number) for number in range(min(images, _DRAWN))]
    paths = folder / "submission.csv", folder / "truth.csv"
    for path, draw_row in zip(paths, (_draw_submitted, _draw_truth), strict=True):
        write_submission(path, (draw_row(drawn, number, cells, size) for number in range(images)))
    return paths


def _draw_image(drawn: list[Labels], number: int, size: int) -> tuple[Labels, np.random.Generator]:
    """Return the cells of an image, those of an earlier one elsewhere where no more are drawn."""
    rng = np.random.default_rng(number)
    around = rng.integers(0, size, 2) if number >= len(drawn) else (0, 0)
    return np.roll(drawn[number % len(drawn)], around, axis=(0, 1)), rng


def _draw_submitted(drawn: list[Labels], number: int, cells: int, size: int) -> SubmissionRow:
    label_image, rng = _draw_image(drawn, number, size)
    moved = np.roll(label_image, rng.integers(-size // 60, size // 60, 2), axis=(0, 1))
    masks = [mask for mask in encode_label_image(moved) for _ in range(NUM_CLASSES)]
    labels = np.tile(np.arange(NUM_CLASSES, dtype=np.int8), cells)
    triples = Triples(labels, rng.random(len(masks)), masks)
    return SubmissionRow(f"image{number:04}", size, size, format_prediction_string(triples))


def _draw_truth(drawn: list[Labels], number: int, cells: int, size: int) -> SubmissionRow:
    label_image, rng = _draw_image(drawn, number, size)
    image_labels = rng.choice(NUM_CLASSES, 2, replace=False)
    cell_labels = [rng.choice(image_labels, rng.integers(1, 3), replace=False) for _ in range(cells)]
    encoded = encode_label_image(label_image)
    masks = [mask for mask, own in zip(encoded, cell_labels, strict=True) for _ in own]
    triples = Triples(np.concatenate(cell_labels), np.ones(len(masks)), masks)
    return SubmissionRow(f"image{number:04}", size, size, format_prediction_string(triples))


def score_by_masks(submission: Submission, truth: Submission) -> Scores:
    """Score the plain way: decode every mask once, compare all pairs of a class, match in a loop."""
    found: list[list[tuple[float, bool]]] = [[] for _ in range(NUM_CLASSES)]
    cells = [0] * NUM_CLASSES
    for detections, objects in zip(_images(submission), _images(truth), strict=True):
        for label in range(NUM_CLASSES):
            own = [mask for other, _, mask in objects if other == label]
            ranked = sorted((item for item in detections if item[0] == label), key=lambda item: -item[1])
            cells[label] += len(own)
            taken = set()
            for _, confidence, mask in ranked:
                ious = [_iou(mask, other) for other in own]
                best = int(np.argmax(ious)) if ious else -1
                right = best >= 0 and ious[best] >= KAGGLE_IOU and best not in taken
                taken |= {best} if right else set()
                found[label].append((confidence, right))
    return [
        average_precision(np.array([right for _, right in sorted(own, key=lambda item: -item[0])]), count)
        if count
        else None
        for own, count in zip(found, cells, strict=True)
    ]


def _images(file: Submission) -> Iterator[list[tuple[int, float, NDArray[np.bool_]]]]:
    for row, image in file.images.iterrows():
        triples = file.triples[file.triples["image"] == row]
        masks = {
            number: decode_mask(file.masks[number], image["height"], image["width"])
            for number in triples["mask"].unique()
        }
        yield [
            (label, confidence, masks[number])
            for label, confidence, number in zip(
                triples["label"], triples["confidence"], triples["mask"], strict=True
            )
        ]


def _iou(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> float:
    return np.count_nonzero(first & second) / np.count_nonzero(first | second)


def time_call(call: Callable[[], Scores]) -> tuple[float, Scores]:
    start = time.perf_counter()
    scores = call()
    return time.perf_counter() - start, scores


def time_command(paths: tuple[Path, Path]) -> str:
    """Return, in a line, size of the files, and time and peak memory of the command that scores them."""
    sizes = [path.stat().st_size / 1e6 for path in paths]
    command = [str(Path(sys.executable).with_name("hpacells")), "score", *map(str, paths)]
    # By a small process: the peak of a child begins with what the process that starts it holds.
    start = time.perf_counter()
    launched = subprocess.run(
        [sys.executable, "-c", _LAUNCH, *command], check=True, capture_output=True, text=True
    )
    seconds = time.perf_counter() - start
    *_, result, kibibytes = launched.stdout.splitlines()
    return (
        f"submission {sizes[0]:.0f} MB, truth {sizes[1]:.0f} MB: {seconds:.1f} s, "
        f"{int(kibibytes) / 1024:.0f} MiB at most; {' '.join(result.split())}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=5)
    parser.add_argument("--cells", type=int, default=20)
    parser.add_argument("--size", type=int, default=2048)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--alone", action="store_true", help="the command alone, by files")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        paths = draw_files(Path(folder), options.images, options.cells, options.size)
        if options.alone:
            print(describe_machine())
            print(time_command(paths))
            return
        submission, truth = map(read_submission, paths)
    pairs, our_scores = [], []
    for _ in range(options.runs):
        plain, plain_scores = time_call(lambda: score_by_masks(submission, truth))
        ours, our_scores = time_call(lambda: list(score(submission, truth).average_precision))
        if [value is None for value in plain_scores] != [value is None for value in our_scores] or any(
            abs(one - other) > 1e-12
            for one, other in zip(plain_scores, our_scores, strict=True)
            if one is not None and other is not None
        ):
            parser.error("the two do not give the same scores")
        pairs.append((plain, ours))
    plain, ours = (statistics.median(times) for times in zip(*pairs, strict=True))
    scored = [value for value in our_scores if value is not None]
    print(
        f"{options.images} images of {options.size} px, {options.cells} cells each, "
        f"{len(submission.triples)} detections, {len(truth.triples)} truth triples; "
        f"medians of {options.runs} paired runs"
    )
    print(f"same scores in both: mAP {np.mean(scored):.4f} over {len(scored)} classes")
    print(f"{'pairs of full-size masks':28}{plain:>9.3f} s")
    print(f"{'score':28}{ours:>9.3f} s")
    print(f"{'ratio':28}{statistics.median(one / other for one, other in pairs):>9.0f}x")


if __name__ == "__main__":
    main()
