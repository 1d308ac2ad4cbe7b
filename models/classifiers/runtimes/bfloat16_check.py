"""Whether a processor's bfloat16 gives what float32 gives."""

import numpy as np
import torch

from models.classifiers.runtimes.batch_runtime import BatchRuntime
from models.classifiers.runtimes.torch_runtime import TorchRuntime
from models.runtimes.names import CPU

MOST = 0.5
"""Largest relative difference of embeddings that is taken for rounding: some hundredths at most are seen."""


def measure_difference(batch_runtime: BatchRuntime) -> float:
    """Return the relative difference of the embedding of a tile of noise from torch's in float32.

    It tells of kernels that are wrong, as oneDNN 3.12 has one for AMX, not how exact bfloat16 is; 0 where
    float32 gives nothing to compare with.
    """
    classifier = batch_runtime.classifier
    tiles = classifier.architecture.tiles
    noise = np.random.default_rng(0).integers(
        0, 256, (1, tiles.side, tiles.side, len(tiles.channels)), np.uint8
    )
    expected = TorchRuntime(classifier, CPU, torch.float32)(noise).embedding
    found = batch_runtime(noise).embedding
    size = float(expected.norm())
    return float((found - expected).norm()) / size if np.isfinite(size) and size else 0.0
