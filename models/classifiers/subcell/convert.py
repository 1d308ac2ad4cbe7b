"""From SubCell's published files to the folder of a classifier."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from data.errors import InputError
from data.labels.label_set import read_label_set
from data.tiles.preparation import TileSettings
from models.classifiers.backbones.settings import BackboneSettings
from models.classifiers.backbones.subcell.names import CHANNELS, SubCellName
from models.classifiers.backbones.subcell.network import SIDE_PX
from models.classifiers.classifier import Architecture, Classifier, Normalisation
from models.classifiers.heads.settings import MlpHeadSettings
from models.classifiers.model_folder import DESCRIPTION, WEIGHTS, save_classifier
from models.classifiers.subcell.published_names import encoder_names, head_names
from models.finite_weights import check_finite
from models.weights.layout import check_entries
from models.weights.pickles.reader import read_network

_ADVICE = "take the published files of this network (docs/subcell.md)"


def describe_subcell(name: SubCellName, heads: int) -> Architecture:
    """Return the architecture of a published classifier with so many head files."""
    channels = CHANNELS[str(name.channel_set)]
    tiles = TileSettings.model_validate({"preset": "subcell", "size": SIDE_PX, "channels": channels})
    zeros, ones = (0.0,) * len(channels), (1.0,) * len(channels)
    return Architecture(
        mode="multi-label",
        tiles=tiles,
        normalisation=Normalisation(mean=zeros, deviation=ones),
        scaling="cell",
        backbone=BackboneSettings(name=f"subcell-{name.channel_set}", pretrained="none"),
        head=MlpHeadSettings(members=heads),
        class_names=read_label_set("subcell31").names,
    )


def convert_subcell(
    name: SubCellName, encoder: Path, heads: Sequence[Path], folder: Path, record: Mapping[str, Any]
) -> None:
    """Convert published files to the folder of a classifier; nothing that the pickles name is run.

    Every entry is checked against the network before anything is written.

    Parameters
    ----------
    name
        Which network; with a channel set.
    encoder, heads
        The published files, state dicts that ``torch.save`` wrote.
    folder
        Where the classifier is written.
    record
        Where the files are from, for the description.

    Raises
    ------
    InputError
        A pickle is refused or damaged, or has entries that are missing, surplus, of another shape or kind, or
        not finite.
    """
    architecture = describe_subcell(name, len(heads))
    with torch.device("meta"):
        shapes = {
            entry: tuple(weight.shape) for entry, weight in Classifier(architecture).state_dict().items()
        }
    weights = _read_parts(encoder, encoder_names(), shapes, f"the encoder of {name}")
    for member, path in enumerate(heads):
        names = {ours: (published,) for ours, published in head_names(member).items()}
        weights |= _read_parts(path, names, shapes, "a classifier of SubCell")
    # The description comes last, and without it the folder counts for nothing.
    (folder / DESCRIPTION).unlink(missing_ok=True)
    save_classifier(folder, architecture, weights, record, versions={})
    # safetensors makes files that only their owner can read.
    (folder / WEIGHTS).chmod(0o644)


def _read_parts(
    path: Path,
    names: Mapping[str, tuple[str, ...]],
    shapes: Mapping[str, tuple[int, ...]],
    network: str,
) -> dict[str, Tensor]:
    """Read our entries from a published file, each of one or more published entries."""
    stored = read_network(path)
    expected = {
        part: (shapes[ours][0] // len(published), *shapes[ours][1:])
        for ours, published in names.items()
        for part in published
    }
    check_entries(path, {entry: one.shape for entry, one in stored.items()}, expected, network, _ADVICE)
    for entry, one in stored.items():
        if not one.is_float:
            raise InputError(
                found=f"{entry} has another kind of numbers",
                where=path,
                expected="floating-point numbers",
                advice=_ADVICE,
            )
    with path.open("rb") as file:
        weights = {
            ours: torch.from_numpy(np.concatenate([stored[part].read(file) for part in published]))
            for ours, published in names.items()
        }
    check_finite(weights, path)
    return weights
