"""Stand-ins for the published weights, written as they are published, so that both sides load the same."""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from data.atomic import atomic_write
from models.classifiers.backbones.subcell.names import SubCellName
from models.classifiers.classifier import Classifier
from models.classifiers.subcell.convert import describe_subcell
from models.classifiers.subcell.published_names import encoder_names, head_names
from models.segmenters.dpn_unet.network import DPNUnet
from models.segmenters.dpn_unet.published_names import published_names

NUCLEI, CELLS = "dpn_unet_nuclei_v1.pth", "dpn_unet_cell_3ch_v1.pth"
"""What the published networks of the segmenter are called."""

HEADS = 2

_MEAN = torch.tensor([124, 117, 104]) / 255
_SCALE = 0.0167 * 255
"""What the segmenter's networks take is (share of full scale - mean) * scale."""

_STEEPNESS = 100.0
_STATES = {NUCLEI: ((0, 0, 1), 0.20), CELLS: ((0.4, 0.3, 0.3), 0.12)}
"""Weights of red, yellow and blue in the brightness from which on a pixel is inside, and that brightness."""


def write_subcell(folder: Path) -> None:
    """Write ``encoder.pth`` and ``classifier_s0.pth``, ``classifier_s1.pth`` of four channels.

    The values are random and keep the scale of what passes through the network; probabilities are near 0.5.
    """
    with torch.device("meta"):
        shapes = {
            name: weight.shape
            for name, weight in Classifier(describe_subcell(SubCellName("rybg"), HEADS)).state_dict().items()
        }
    random = torch.Generator().manual_seed(2026)
    files: dict[str, dict[str, Tensor]] = {"encoder.pth": {}}
    for ours, published in encoder_names().items():
        rows = [shapes[ours][0] // len(published), *shapes[ours][1:]]
        for name in published:
            files["encoder.pth"][name] = _draw(name, rows, random)
    for member in range(HEADS):
        names = head_names(member).items()
        files[f"classifier_s{member}.pth"] = {
            name: _draw(name, list(shapes[ours]), random) for ours, name in names
        }
    _save(folder, files)


def write_dpn_unet(folder: Path) -> None:
    """Write the state dicts of both networks of the segmenter, under the published names.

    Each says that what is brighter than a constant is inside, so that there are cells to cut out; all other
    weights are random, and what they add is too faint to matter. It takes fields stretched to white.
    """
    files = {}
    for name, (shares, threshold) in _STATES.items():
        torch.manual_seed(2026)
        network = DPNUnet()
        _follow_brightness(network, torch.tensor(shares, dtype=torch.float32), threshold)
        state = network.state_dict()
        files[name] = {published: state[ours] for published, ours in published_names().items()}
    _save(folder, files)


def _follow_brightness(network: DPNUnet, shares: Tensor, threshold: float) -> None:
    """Lead the brightness, averaged over 7 px, through one feature of the shortest way to the logits."""
    state = network.state_dict()
    # Parts of a state dict are the network's own memory.
    state["encoder.stem.convolution.weight"][0] = shares[:, None, None] / (_SCALE * 49)
    state["encoder.stem.norm.bias"][0] = (shares * _MEAN).sum()
    last = f"levels.{len(network.levels) - 1}.merge.convolution"
    features = len(state[f"{last}.bias"])
    for layer, source in ((last, features), ("refine.convolution", 0)):
        state[f"{layer}.weight"][0] = 0
        state[f"{layer}.weight"][0, source, 1, 1] = 1
        state[f"{layer}.bias"][0] = 0
    final = state["classify.weight"]
    final *= 0.001
    final[:, 0] = 0
    final[:, 0, 1, 1] = torch.tensor([-_STEEPNESS, 0, _STEEPNESS])
    state["classify.bias"][:] = torch.tensor([_STEEPNESS * threshold, -30, -_STEEPNESS * threshold])


def _draw(name: str, shape: list[int], random: torch.Generator) -> Tensor:
    noise = torch.randn(shape, generator=random)
    if "layernorm" in name:
        return 1 + 0.1 * noise if name.endswith("weight") else 0.1 * noise
    if name.endswith("bias") or "token" in name or "position" in name:
        return 0.1 * noise
    return noise * torch.tensor(shape[1:]).prod() ** -0.5


def _save(folder: Path, files: Mapping[str, Mapping[str, Tensor]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, state in files.items():
        with atomic_write(folder / name) as temporary:
            torch.save({entry: weight.clone() for entry, weight in state.items()}, temporary)
