"""Time of the whole segment command for a field: reading, networks, labelling, masks, mask strings, writing.

Run from the top folder: ``python -m benchmarks.segmentation --reference CHECKOUT`` compares every segmenter
and runtime at hand with the package hpacellseg in that checkout, with the same weights and the same reading
and writing. Each round measures the reference on one field, another one each round, with all cores in its
networks, as it is used, and then every candidate on all fields with the engine of the command, a field a
core; ratios are those within a round.

Only a quiet machine gives figures to quote: where other programs use the cores, the threads within the
reference's networks wait for each other and its time more than doubles, which flatters every ratio. The time
that the processor spent is given too, and the load that was found before the start is told.

Where the published weights are not on this machine, weights drawn at random take their place, and brightness
decides what the networks tell, so that labelling has cells to label: the time is the same.
"""

import argparse
import os
import resource
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from data.channels import CHANNELS
from data.cores import available_cores
from data.errors import InputError
from data.fields.field import Field
from data.fields.image_folder import find_fields
from data.simulate.field import FieldSettings, simulate_set_field
from models.runtimes.names import RUNTIMES, resolve_runtime
from models.segmenters.calibration_fields import FieldSample
from models.segmenters.dpn_unet.dpn_unet_segmenter import DPNUnetSegmenter, network_inputs
from models.segmenters.dpn_unet.network import DPNUnet, load_dpn_unet
from models.segmenters.factory import LITE_WEIGHTS, create_segmenter
from models.segmenters.runtimes.factory import make_runtime
from models.segmenters.runtimes.image_runtime import ImageRuntime
from models.segmenters.segmenter import Segmenter
from models.segmenters.weights.store import find_weights, weights_hash
from pipeline.engines.local import LocalEngine
from stages.segment.paths import SegmentInputs, SegmentOutputs
from stages.segment.run import run as run_segment
from stages.segment.settings import SegmentSettings

PIXEL_UM = 0.08

QUIET_LOAD = 0.5
"""Programs that wait for a core, on average over the last minute."""


class RehearsedNetwork(nn.Module):
    """A DPN-UNet with random weights that is told what to say: brighter than the field's mean is inside.

    Its own output is added, too faint to matter but so that nothing of it is left out.
    """

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(2026)
        self.network = DPNUnet()

    def forward(self, image: Tensor) -> Tensor:
        """(N, 3, H, W) to logits (N, 3, H, W), as `DPNUnet`."""
        shares = image - image.amin(dim=(2, 3), keepdim=True)
        brightness = (shares / shares.mean(dim=(2, 3), keepdim=True).clamp(min=1e-3)).amax(1, keepdim=True)
        inside = 6 * torch.tanh(3 * (brightness - 1.3))
        told = torch.cat([-inside, torch.full_like(inside, -6), inside], dim=1)
        return told + 0.01 * torch.tanh(self.network(image))


@dataclass
class TimedRuntime:
    """A runtime that adds up the time that its callers spend in it."""

    runtime: ImageRuntime
    seconds: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def identity(self) -> str:
        """As `ImageRuntime.identity`."""
        return self.runtime.identity()

    def prepare(self, workers: int = 1) -> None:
        """As `ImageRuntime.prepare`."""
        self.runtime.prepare(workers)

    def __call__(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        """As `ImageRuntime.__call__`."""
        started = time.perf_counter()
        output = self.runtime(image)
        with self.lock:
            self.seconds += time.perf_counter() - started
        return output


@dataclass
class Candidate:
    """A segmenter with a runtime, and what was measured of it, round by round."""

    name: str
    segmenter: Segmenter
    runtimes: list[TimedRuntime]
    seconds: list[float] = field(default_factory=list)
    computed: list[float] = field(default_factory=list)
    networks: list[float] = field(default_factory=list)
    cells: list[float] = field(default_factory=list)

    def forget(self) -> None:
        """Drop what was measured so far."""
        for noted in (self.seconds, self.computed, self.networks, self.cells):
            noted.clear()


def make_networks(kind: bool) -> tuple[Callable[[], nn.Module], str]:
    """Return what makes the network of nuclei (False) or cells (True), and the hash of its weights."""
    path = find_weights("dpn_unet_cell" if kind else "dpn_unet_nuclei")
    if path is None:
        return lambda: RehearsedNetwork().eval(), "rehearsed 1"
    return lambda: load_dpn_unet(path), weights_hash(path)


def dpn_unet_candidate(runtime: str, sample: FieldSample) -> Candidate:
    runtimes = []
    for kind in (False, True):
        calibration = sample.calibration(
            f"network {kind:d}",
            DPNUnetSegmenter.channels,
            lambda image, pixel_um, kind=kind: network_inputs(image, pixel_um)[kind],
        )
        runtimes.append(TimedRuntime(make_runtime(runtime, *make_networks(kind), calibration)))
    return Candidate(f"dpn-unet, {runtime}", DPNUnetSegmenter(runtimes[0], runtimes[1], "bench"), runtimes)


def lite_candidate(runtime: str, sample: FieldSample) -> Candidate:
    from models.segmenters.lite.lite_segmenter import LiteSegmenter
    from models.segmenters.lite.weights import hash_weights, load_lite_network

    content = hash_weights(LITE_WEIGHTS)
    calibration = sample.calibration(
        "lite", LiteSegmenter.channels, lambda *input_: made.network_input(*input_)
    )
    timed = TimedRuntime(make_runtime(runtime, load_lite_network, f"lite {content}", calibration))
    made = LiteSegmenter(timed, content)
    return Candidate(f"lite, {runtime}", made, [timed])


def make_candidates(segmenters: list[str], runtimes: list[str], sample: FieldSample) -> Iterator[Candidate]:
    for runtime in runtimes:
        try:
            resolve_runtime(runtime)
        except InputError as error:
            print(f"left out: {error}")
            continue
        if "dpn-unet" in segmenters:
            yield dpn_unet_candidate(runtime, sample)
        if "lite" in segmenters and LITE_WEIGHTS.is_file():
            yield lite_candidate(runtime, sample)
    if "classical" in segmenters:
        yield Candidate("classical", create_segmenter("classical"), [])


def make_reference(checkout: Path) -> Candidate:
    sys.path.insert(0, str(checkout))
    from models.segmenters.hpacellseg.hpacellseg_segmenter import HpaCellSegSegmenter

    networks = [make_networks(kind)[0]() for kind in (False, True)]
    return Candidate("hpacellseg", HpaCellSegSegmenter(*networks), [])


def write_simulated_fields(folder: Path, count: int, size: int) -> None:
    settings = FieldSettings(shape=(size, size), seed=2026)
    for index in range(count):
        image = simulate_set_field(index, settings).image
        for channel, plane in zip(CHANNELS, image, strict=True):
            cv2.imwrite(str(folder / f"field{index}_{channel}.png"), plane)


def measure(candidate: Candidate, fields: list[Field], workers: int) -> None:
    """Segment fields into a fresh folder; note wall and processor time, and the networks' share."""
    for runtime in candidate.runtimes:
        runtime.seconds = 0.0
    settings = SegmentSettings.model_validate({"segmenter": "classical", "pixel_size_um": PIXEL_UM})
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        outputs = SegmentOutputs(work / "masks", work / "cells.parquet", work / "images.parquet")
        inputs = SegmentInputs(fields, candidate.segmenter)
        before, started = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
        report = run_segment(inputs, outputs, settings, LocalEngine(workers))
        wall = time.perf_counter() - started
        after = resource.getrusage(resource.RUSAGE_SELF)
    if report.failures:
        sys.exit(f"{candidate.name}: {report.failures[0].why}")
    computed = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    candidate.cells.append(report.counts["cells"] / len(fields))
    candidate.seconds.append(wall / len(fields))
    candidate.computed.append(computed / len(fields))
    candidate.networks.append(sum(runtime.seconds for runtime in candidate.runtimes) / wall / workers)


def describe(candidate: Candidate, reference: Candidate | None) -> str:
    seconds = statistics.median(candidate.seconds)
    row = f"| {candidate.name:30} | {seconds:7.2f} s | {1 / seconds:6.2f} | "
    row += f"{statistics.median(candidate.computed):6.2f} s | "
    row += f"{statistics.median(candidate.networks):4.0%} | " if candidate.runtimes else "     | "
    row += f"{statistics.mean(candidate.cells):5.1f} | "
    if reference is None or reference is candidate:
        return row + "|"
    ratios = [theirs / ours for theirs, ours in zip(reference.seconds, candidate.seconds, strict=True)]
    return row + f"{statistics.median(ratios):5.1f}x ({min(ratios):.1f} to {max(ratios):.1f}) |"


def run_benchmark(options: argparse.Namespace, images: Path) -> None:
    cores = available_cores()
    fields = find_fields(images)[: options.fields]
    sample = FieldSample(tuple(fields), PIXEL_UM)
    candidates = list(make_candidates(options.segmenters, options.runtimes, sample))
    reference = make_reference(options.reference) if options.reference else None
    for candidate in candidates:
        started = time.perf_counter()
        candidate.segmenter.prepare(min(cores, len(fields)))
        # The first call of a network is slower: memory is laid out for the size of its image.
        measure(candidate, fields[:cores], cores)
        candidate.forget()
        print(f"{candidate.name}: prepared in {time.perf_counter() - started:.1f} s", flush=True)
    for number in range(options.rounds):
        if reference is not None:
            measure(reference, [fields[number % len(fields)]], workers=1)
        for candidate in candidates:
            measure(candidate, fields, cores)
    print(f"\n{len(fields)} fields, {cores} cores, {options.rounds} rounds, medians\n")
    print("| | a field | fields/s | processor time | in networks | cells a field | faster than hpacellseg |")
    print("|---|---|---|---|---|---|---|")
    for candidate in ([reference] if reference else []) + candidates:
        print(describe(candidate, reference))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--reference", type=Path, help="checkout of HPA-Cell-Segmentation")
    parser.add_argument("--images", type=Path, help="folder of fields; simulated ones by default")
    parser.add_argument("--fields", type=int, default=4)
    parser.add_argument("--size", type=int, default=2048, help="side of simulated fields in px")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--runtimes", nargs="+", default=list(RUNTIMES), choices=RUNTIMES)
    names = ["dpn-unet", "lite", "classical"]
    parser.add_argument("--segmenters", nargs="+", default=names, choices=names)
    options = parser.parse_args()
    load = os.getloadavg()[0]
    if load > QUIET_LOAD:
        print(f"the machine is not quiet (load {load:.1f}): do not quote these times or ratios")
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("HPACELLS_CACHE", folder)
        images = options.images
        if images is None:
            images = Path(folder) / "images"
            images.mkdir()
            write_simulated_fields(images, options.fields, options.size)
        run_benchmark(options, images)


if __name__ == "__main__":
    main()
