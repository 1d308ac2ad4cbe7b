"""The classifier of single-cell tiles: normalisation, backbone and head in one module."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, NamedTuple, Self

import torch
from pydantic import Field as Setting
from pydantic import FiniteFloat, model_validator
from torch import Tensor, nn

from data.labels.label_file import CLASS_NAMES
from data.settings import Settings
from data.tiles.preparation import Channel, TileSettings
from models.classifiers.backbones.backbone import create_backbone
from models.classifiers.backbones.settings import BackboneSettings, check_channel_order
from models.classifiers.backbones.subcell.network import SubCellBackbone
from models.classifiers.heads.head import create_head, wants_map
from models.classifiers.heads.settings import HeadSettings, MlpHeadSettings
from models.classifiers.inputs.channel_dropout import ChannelDropout
from models.classifiers.inputs.scaling import SCALING_DESCRIPTION, Scaling, scale_by_range


class Normalisation(Settings):
    """Mean and standard deviation of each channel, for grey values 0..1."""

    mean: tuple[FiniteFloat, ...]
    deviation: tuple[Annotated[FiniteFloat, Setting(gt=0)], ...]


class Architecture(Settings):
    """Everything needed to build a classifier anew, but for its weights."""

    renamed: ClassVar = {"symmetries": "test_time_augmentation", "image_share": "image_weight"}

    mode: Literal["single-label", "multi-label"] = Setting(
        description="whether a tile has one class (softmax) or any number of them (sigmoid)"
    )
    tiles: TileSettings
    normalisation: Normalisation
    scaling: Scaling = Setting(default="fixed", description=SCALING_DESCRIPTION)
    backbone: BackboneSettings
    head: HeadSettings
    class_names: tuple[str, ...] = CLASS_NAMES
    test_time_augmentation: bool = Setting(
        default=False,
        description="whether its probabilities are means over the eight symmetries of the square",
    )
    image_weight: float = Setting(
        default=0.0,
        ge=0,
        le=1,
        description="part that the mean over the cells of its image has in each cell's probabilities",
    )
    optional_channels: tuple[Channel, ...] = Setting(
        default=(), description="channels without which it can predict, as it was trained with and without"
    )

    @model_validator(mode="after")
    def _check_parts(self) -> Self:
        if len(set(self.class_names)) < len(self.class_names):
            message = "class_names has a class twice"
            raise ValueError(message)
        channels, means = len(self.tiles.channels), self.normalisation
        if not len(means.mean) == len(means.deviation) == channels:
            message = f"normalisation is not of {channels} channels, as the tiles are"
            raise ValueError(message)
        if self.scaling != "fixed" and {*means.mean, *(one - 1 for one in means.deviation)} != {0}:
            message = f"scaling = {self.scaling} needs a normalisation with means of 0 and deviations of 1"
            raise ValueError(message)
        check_channel_order(self.backbone.name, self.tiles.channels)
        return self

    @model_validator(mode="after")
    def _check_combinations(self) -> Self:
        if self.scaling == "cell" and self.optional_channels:
            # What the minimum and maximum are of would change with the channels that a tile has.
            message = "optional_channels cannot go with scaling = cell; scale by channel"
            raise ValueError(message)
        if isinstance(self.head, MlpHeadSettings) and self.head.members > 1 and self.mode == "single-label":
            message = "head.members above 1 averages sigmoids, which single-label classifiers have not"
            raise ValueError(message)
        return self


class Scores(NamedTuple):
    """What a classifier gives for N tiles: logits (N, classes) and embedding (N, E)."""

    logits: Tensor
    embedding: Tensor


class Classifier(nn.Module):
    """Classify tiles.

    Parameters
    ----------
    architecture
        What to build; the backbone's pretrained weights are loaded as its settings say.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.architecture = architecture
        tiles = architecture.tiles
        self.register_buffer("mean", _per_channel(architecture.normalisation.mean), persistent=False)
        self.register_buffer(
            "deviation", _per_channel(architecture.normalisation.deviation), persistent=False
        )
        optional = [tiles.channels.index(channel) for channel in architecture.optional_channels]
        self.channel_dropout = ChannelDropout(optional)
        self.backbone = create_backbone(
            architecture.backbone,
            len(tiles.channels),
            tiles.side,
            pooled=not wants_map(architecture.head),
        )
        self.head = create_head(architecture.head, self.backbone.num_features, len(architecture.class_names))

    def forward(self, tiles: Tensor) -> Scores:
        """Map tiles (N, C, S, S), uint8 or 0..255, to logits and embedding."""
        embedding, logits = self.head(self.backbone(self.channel_dropout(self._normalise(tiles))))
        return Scores(logits.float(), embedding.float())

    def features(self, tiles: Tensor) -> Tensor:
        """Map tiles (N, C, S, S), uint8 or 0..255, to what the head takes when it is not trained: (N, F)."""
        return self.backbone(self._normalise(tiles))

    def feature_map(self, tiles: Tensor, layer: int = 0) -> Tensor:
        """Map tiles (N, C, S, S), uint8 or 0..255, to a feature map; as `Backbone.feature_map`."""
        return self.backbone.feature_map(self._normalise(tiles), layer).float()

    def attention(self, tiles: Tensor) -> Tensor:
        """Map tiles (N, C, S, S), uint8 or 0..255, to the attention of the pooling: (N, heads, h, w).

        Raises
        ------
        TypeError
            The network does not pool by attention.
        """
        if not isinstance(self.backbone, SubCellBackbone):
            message = f"{self.architecture.backbone.name} does not pool by attention"
            raise TypeError(message)
        return self.backbone.attend(self._normalise(tiles)).attention

    def load_matching(self, state: Mapping[str, Tensor]) -> list[str]:
        """Load all weights whose name and shape fit, for a start from another trained classifier.

        Parameters
        ----------
        state
            The other classifier's state dict.

        Returns
        -------
        list
            Names of the weights that were left out, such as those of a last layer for other classes.
        """
        own = self.state_dict()
        fitting = {
            name: weight for name, weight in state.items() if name in own and own[name].shape == weight.shape
        }
        self.load_state_dict(fitting, strict=False)
        return [name for name in state if name not in fitting]

    def probabilities(self, logits: Tensor) -> Tensor:
        """Turn logits (N, classes) into probabilities: softmax for one class per tile, else sigmoid."""
        if self.architecture.mode == "single-label":
            return logits.softmax(dim=1)
        return logits.sigmoid()

    def _normalise(self, tiles: Tensor) -> Tensor:
        if self.architecture.scaling != "fixed":
            return scale_by_range(tiles, self.architecture.scaling, self.architecture.tiles.mask_planes)
        return (tiles / 255 - self.mean) / self.deviation


def _per_channel(values: tuple[float, ...]) -> Tensor:
    return torch.tensor(values, dtype=torch.float32).reshape(1, -1, 1, 1)
