"""A published SubCell network with its heads, as a module that takes scaled tiles."""

from typing import NamedTuple

from torch import Tensor, nn

from data.errors import InputError
from models.classifiers.backbones.subcell.names import CHANNELS, TRAININGS, SubCellName, find_training
from models.classifiers.backbones.subcell.network import PATCH_PX, SubCellBackbone
from models.classifiers.backbones.subcell.store import require_fetched
from models.classifiers.heads.head import Head
from models.classifiers.model_folder import read_classifier


class SubCellOutput(NamedTuple):
    """What SubCell gives for N tiles of H x W px.

    Attributes
    ----------
    embedding
        (N, 1536), the tokens pooled by two heads.
    probabilities
        (N, 31), the mean of the sigmoids of all classifier files.
    attention
        (N, 2, H/16, W/16), the weight of each patch in the pooling of each head; the rest to 1 is that of the
        class token.
    tokens
        (N, 1 + H/16 * W/16, 768), the class token first, then the patches row by row.
    """

    embedding: Tensor
    probabilities: Tensor
    attention: Tensor
    tokens: Tensor


class SubCell(nn.Module):
    """SubCell's network and the heads of its published classifiers.

    Parameters
    ----------
    channels
        What it takes, in order.
    class_names
        The 31 classes, in order.
    backbone, head
        Its parts.
    """

    def __init__(
        self, channels: tuple[str, ...], class_names: tuple[str, ...], backbone: SubCellBackbone, head: Head
    ) -> None:
        super().__init__()
        self.channels, self.class_names = channels, class_names
        self.backbone, self.head = backbone, head

    def forward(self, tiles: Tensor) -> SubCellOutput:
        """Run the network.

        Parameters
        ----------
        tiles
            (N, C, H, W) float32, 0..1, channels in the order of `channels`; sides are multiples of 16 px.

        Raises
        ------
        InputError
            The tiles have another number of channels, or sides that 16 does not divide.
        """
        if tiles.ndim != 4 or tiles.shape[1] != len(self.channels) or any(map(_rest, tiles.shape[2:])):
            raise InputError(
                found=f"tiles of the shape {tuple(tiles.shape)}",
                where="SubCell",
                expected=f"(N, {len(self.channels)}, H, W), with sides that are multiples of {PATCH_PX} px",
                advice=f"give the channels {', '.join(self.channels)}, in this order",
            )
        features, attention, tokens = self.backbone.attend(tiles)
        _, logits = self.head(features)
        return SubCellOutput(features, logits.sigmoid(), attention, tokens)


def load_subcell(channel_set: str, training: str = TRAININGS[0]) -> SubCell:
    """Load a published network with its heads, in evaluation mode, on the CPU.

    Parameters
    ----------
    channel_set
        rybg, rbg, ybg or bg: red (microtubules), yellow (ER), blue (nucleus), green (protein).
    training
        mae-contrast-supcon or vit-supcon.

    Raises
    ------
    InputError
        There is no such network, or its weights are not fetched or damaged.
    """
    chosen = find_training(training)
    if channel_set not in CHANNELS or chosen is None:
        raise InputError(
            found=f"no network {channel_set!r}, trained by {training!r}",
            where="load_subcell",
            expected=f"one of {', '.join(CHANNELS)}, trained by {' or '.join(TRAININGS)}",
        )
    folder = require_fetched(SubCellName(channel_set, chosen))
    classifier = read_classifier(folder)
    backbone = classifier.backbone
    if not isinstance(backbone, SubCellBackbone):
        raise InputError(
            found=f"a classifier with the backbone {classifier.architecture.backbone.name}",
            where=folder,
            expected=f"subcell-{channel_set}",
            advice="remove the folder and fetch the weights again",
        )
    architecture = classifier.architecture
    return SubCell(architecture.tiles.channels, architecture.class_names, backbone, classifier.head).eval()


def _rest(side: int) -> int:
    return side % PATCH_PX
