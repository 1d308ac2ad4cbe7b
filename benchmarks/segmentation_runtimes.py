"""Agreement of every runtime with torch in float32: logits of the networks, and cells of the segmenters.

Run from the top folder: ``python -m benchmarks.segmentation_runtimes``, on simulated fields or with
``--images FOLDER`` on others. int8 networks are fitted on the first half of the fields; all are compared on
the second. Where the published weights of dpn-unet are not on this machine its networks have random ones,
whose cells would mean nothing: then its logits alone are compared.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from benchmarks.segmentation import write_simulated_fields
from benchmarks.side_by_side.runtimes import runtimes_at_hand
from data.compare.agreement import compare_cells, pool_agreements
from data.fields.field import Field
from data.fields.image_folder import find_fields
from models.segmenters.calibration_fields import FieldSample
from models.segmenters.dpn_unet.dpn_unet_segmenter import DPNUnetSegmenter, network_inputs
from models.segmenters.dpn_unet.network import DPNUnet, load_dpn_unet
from models.segmenters.factory import LITE_WEIGHTS, SegmenterOptions, create_segmenter
from models.segmenters.runtimes.calibration import Calibration
from models.segmenters.runtimes.factory import make_runtime
from models.segmenters.weights.store import find_weights, weights_hash

PIXEL_UM = 0.08
REFERENCE = "torch"


def make_cell_network() -> tuple[Callable[[], nn.Module], str]:
    path = find_weights("dpn_unet_cell")
    if path is not None:
        return lambda: load_dpn_unet(path), weights_hash(path)

    def make() -> nn.Module:
        torch.manual_seed(2026)
        return DPNUnet().eval()

    return make, "random 2026"


def compare_logits(runtimes: Sequence[str], fit: Sequence[Field], fields: Sequence[Field]) -> None:
    make, content = make_cell_network()

    def inputs(some: Sequence[Field]) -> list[NDArray[np.float32]]:
        return [network_inputs(one.read(DPNUnetSegmenter.channels), PIXEL_UM)[1] for one in some]

    calibration = Calibration("benchmark", lambda: inputs(fit))
    images = inputs(fields)
    print(f"\nLogits of the DPN-UNet of cells, weights {content[:16]}; differences in standard deviations\n")
    print("| | largest | mean | other class | one call, one thread |\n|---|---|---|---|---|")
    expected: list[NDArray[np.float32]] = []
    for name in runtimes:
        runtime = make_runtime(name, make, content, calibration)
        runtime(images[0])
        started = time.perf_counter()
        logits = [runtime(image) for image in images]
        seconds = (time.perf_counter() - started) / len(images)
        expected = expected or logits
        error = np.concatenate(
            [np.abs(a - b).ravel() / b.std() for a, b in zip(logits, expected, strict=True)]
        )
        other = [np.mean(a.argmax(0) != b.argmax(0)) for a, b in zip(logits, expected, strict=True)]
        print(f"| {name} | {error.max():.2g} | {error.mean():.2g} | {np.mean(other):.3%} | {seconds:.2f} s |")


def compare_masks(
    segmenter: str, runtimes: Sequence[str], fit: Sequence[Field], fields: Sequence[Field]
) -> None:
    print(f"\nCells of {segmenter} on {len(fields)} fields; F1 at IoU 0.6\n")
    print("| | F1 | cells | mean IoU |\n|---|---|---|---|")
    expected: list[NDArray[np.uint16]] = []
    for name in runtimes:
        options = SegmenterOptions(runtime=name, sample=FieldSample(tuple(fit), PIXEL_UM))
        made = create_segmenter(segmenter, options)
        cells = [made.segment(one.read(made.channels), PIXEL_UM).cells for one in fields]
        expected = expected or cells
        pairs = zip(expected, cells, strict=True)
        agreement = pool_agreements(compare_cells(ours, theirs) for ours, theirs in pairs)
        found = f"{agreement.matched_cells} of {agreement.reference_cells}"
        print(f"| {name} | {agreement.f1:.4f} | {found} | {agreement.mean_iou:.4f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--images", type=Path)
    parser.add_argument("--fields", type=int, default=8, help="fields, of which the first half fits int8")
    parser.add_argument("--size", type=int, default=1024, help="side of simulated fields in px")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("HPACELLS_CACHE", folder)
        images = options.images
        if images is None:
            images = Path(folder) / "images"
            images.mkdir()
            write_simulated_fields(images, options.fields, options.size)
        fields = find_fields(images)[: options.fields]
        half = len(fields) // 2
        runtimes = sorted(runtimes_at_hand(), key=lambda name: name != REFERENCE)
        compare_logits(runtimes, fields[:half], fields[half:])
        if LITE_WEIGHTS.is_file():
            compare_masks("lite", runtimes, fields[:half], fields[half:])
        if find_weights("dpn_unet_nuclei") and find_weights("dpn_unet_cell"):
            compare_masks("dpn-unet", runtimes, fields[:half], fields[half:])


if __name__ == "__main__":
    main()
