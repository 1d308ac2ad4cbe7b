"""Pick a classifier's runtime by the name of a runtime."""

import logging
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from data.errors import InputError
from data.tiles.preparation import TileSettings
from models.classifiers.classifier import Classifier
from models.classifiers.runtimes.batch_runtime import BatchRuntime
from models.classifiers.runtimes.bfloat16_check import MOST, measure_difference
from models.classifiers.runtimes.openvino_runtime import OpenVinoRuntime
from models.classifiers.runtimes.torch_runtime import TorchRuntime
from models.device import choose_precision
from models.runtimes.names import AUTO, resolve_runtime

log = logging.getLogger("hpacells")


def make_batch_runtime(
    classifier: Classifier,
    runtime: str = AUTO,
    calibrate: Callable[[TileSettings], NDArray[np.uint8]] | None = None,
) -> BatchRuntime:
    """Make the runtime of a classifier, which it takes over.

    Parameters
    ----------
    classifier
        On the CPU.
    runtime
        One of ``models.runtimes.names.runtime_names``; ``"auto"`` is the fastest at hand but int8, and torch
        for a network that OpenVINO cannot take over.
    calibrate
        Reads tiles (N, S, S, C) uint8 by tile settings, on which the ranges of int8 are set.

    Raises
    ------
    InputError
        The runtime is not known, not at hand, cannot run this network, or is in bfloat16 and gives something
        else than float32; where it is not named, float32 takes its place.
    """
    made = _make(classifier, resolve_runtime(runtime), calibrate, is_auto=runtime == AUTO)
    if not made.identity().endswith("bfloat16") or next(classifier.parameters()).device.type != "cpu":
        return made
    difference = measure_difference(made)
    if difference <= MOST:
        return made
    error = InputError(
        found=f"bfloat16 gives something else than float32 (embeddings differ by {difference:.0%})",
        where=f"{classifier.architecture.backbone.name} by runtime {resolve_runtime(runtime)}",
        expected=f"rounding, at most {MOST:.0%}: a kernel for this processor is wrong",
        advice="use runtime openvino or torch",
    )
    if runtime != AUTO:
        raise error
    log.warning("%s; float32 is used", error)
    return _make(classifier, resolve_runtime(runtime).removesuffix("-bfloat16"), calibrate, is_auto=True)


def _make(
    classifier: Classifier,
    name: str,
    calibrate: Callable[[TileSettings], NDArray[np.uint8]] | None,
    *,
    is_auto: bool,
) -> BatchRuntime:
    bfloat16 = name.endswith("bfloat16")
    if name.startswith("openvino"):
        try:
            if name == "openvino-int8":
                tiles = calibrate(classifier.architecture.tiles) if calibrate else None
                return OpenVinoRuntime(classifier, "int8", tiles)
            return OpenVinoRuntime(classifier, "bfloat16" if bfloat16 else "float32")
        except InputError as error:
            if not is_auto:
                raise
            log.warning("%s; torch runs it", error)
    if name == "cuda":
        device = torch.device("cuda")
        return TorchRuntime(classifier, device, choose_precision(device))
    return TorchRuntime(classifier, torch.device("cpu"), torch.bfloat16 if bfloat16 else torch.float32)
