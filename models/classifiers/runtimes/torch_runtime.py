"""A classifier run by torch, on the processor or on a CUDA device."""

import numpy as np
import torch
from numpy.typing import NDArray

from models.classifiers.classifier import Classifier, Scores
from models.device import to_device


class TorchRuntime:
    """Implements `BatchRuntime` with torch, weights and tiles with channels last in memory.

    Parameters
    ----------
    classifier
        Taken over: moved to the device, and set to evaluation mode at every call, as training may go on.
    device
        Where it runs.
    precision
        In which convolutions and products of matrices are computed, the rest in float32.
    """

    def __init__(self, classifier: Classifier, device: torch.device, precision: torch.dtype) -> None:
        self._classifier = to_device(classifier, device)
        self._device, self._precision = device, precision

    @property
    def classifier(self) -> Classifier:
        """Return the classifier that it runs."""
        return self._classifier

    def identity(self) -> str:
        """Return in what the network is computed; as `BatchRuntime.identity`."""
        return f"torch {self._device} {str(self._precision).removeprefix('torch.')}"

    def __call__(self, tiles: NDArray[np.uint8]) -> Scores:
        """Score a batch (N, S, S, C) uint8; as `BatchRuntime.__call__`."""
        self._classifier.eval()
        batch = torch.from_numpy(tiles).to(self._device, non_blocking=True).permute(0, 3, 1, 2)
        enabled = self._precision != torch.float32
        with torch.inference_mode(), torch.autocast(self._device.type, self._precision, enabled=enabled):
            scores = self._classifier(batch)
        return Scores(scores.logits.cpu(), scores.embedding.cpu())
