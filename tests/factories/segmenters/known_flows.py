"""A stand-in for the networks of the package cellpose, whose flows are known."""

import importlib

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.segmenters.cellpose import package


class KnownFlows(nn.Module):
    """In the place of a network: flows that point to the centre of what is bright in one channel.

    Attributes
    ----------
    seen
        What it was given, one (C, h, w) per tile.
    logit
        Of the pixels of a cell.
    channel
        Where it looks for cells; the last one has the nuclei.
    turn
        Angle in radians by which its flows are wrong.
    """

    def __init__(self, *_arguments: object, **_options: object) -> None:
        super().__init__()
        self.seen: list[NDArray[np.float32]] = []
        self.logit, self.channel, self.turn = 5.0, 0, 0.0
        self.nout, self.mkldnn, self.dtype = 3, False, torch.float32
        self.diam_mean = nn.Parameter(torch.tensor([30.0]), requires_grad=False)
        self.diam_labels = nn.Parameter(torch.tensor([30.0]), requires_grad=False)

    @property
    def device(self) -> torch.device:
        return self.diam_mean.device

    def load_model(self, *_arguments: object, **_options: object) -> None:
        pass

    def forward(self, tiles: Tensor) -> tuple[Tensor, Tensor]:
        planes = tiles.numpy()
        self.seen.extend(planes.copy())
        answers = np.stack([self._answer(tile[self.channel] > 0.5) for tile in planes])
        return torch.from_numpy(answers), torch.zeros(len(planes), 256)

    def _answer(self, mask: NDArray[np.bool_]) -> NDArray[np.float32]:
        count, labels = cv2.connectedComponents(mask.astype(np.uint8), ltype=cv2.CV_32S)
        flows = np.zeros((2, *mask.shape), np.float32)
        for number in range(1, count):
            places = np.argwhere(labels == number)
            towards = places.mean(axis=0) - places
            towards /= np.linalg.norm(towards, axis=1, keepdims=True) + 1e-3
            turned = np.array(
                [[np.cos(self.turn), -np.sin(self.turn)], [np.sin(self.turn), np.cos(self.turn)]]
            )
            flows[:, labels == number] = turned @ towards.T
        logits = np.where(labels > 0, self.logit, -5)
        return np.stack([5 * flows[0], 5 * flows[1], logits]).astype(np.float32)


def stand_in_for_networks(patch: pytest.MonkeyPatch) -> KnownFlows:
    """Put one stand-in in the place of every network of the installed package, whatever the weights are."""
    known = KnownFlows()
    package._import_models()
    name = "CPnet" if package.require_cellpose().startswith("3") else "CPSAM"
    patch.setattr(importlib.import_module("cellpose.models"), name, lambda *_, **__: known)
    patch.setattr(package, "check_kept", lambda *_: None)
    return known
