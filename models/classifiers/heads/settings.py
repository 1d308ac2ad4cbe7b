"""Settings of the heads, one class a kind."""

from typing import Annotated, Literal

from pydantic import Field as Setting
from pydantic import Tag, model_validator

from data.settings import Settings, kind_or

Pooling = Annotated[
    Literal["average", "average-maximum"],
    Setting(description="features as the backbone pools them, or average ++ maximum of its feature map"),
]
Activation = Literal["relu", "selu"]
Normalise = Literal["before", "after", "none"]


class EmbeddingHeadSettings(Settings):
    """Sizes of the head with an embedding."""

    kind: Literal["embedding"] = "embedding"
    pooling: Pooling = "average"
    embedding: int = Setting(default=256, ge=2, le=4096, description="length of the embedding")
    dropout: float = Setting(default=0.3, ge=0, lt=1, description="part of the features dropped in training")


class LinearHeadSettings(Settings):
    """Settings of the plain head."""

    kind: Literal["linear"] = "linear"
    pooling: Pooling = "average"
    dropout: float = Setting(default=0.0, ge=0, lt=1, description="part of the features dropped in training")


class BufferedHeadSettings(Settings):
    """Settings of the head with buffering layers."""

    kind: Literal["buffered"] = "buffered"
    pooling: Pooling = "average-maximum"
    widths: tuple[int, ...] = Setting(
        default=(1024,), min_length=1, description="outputs of each buffering layer, in order"
    )
    dropouts: tuple[float, ...] = Setting(
        default=(0.5,), min_length=1, description="part of each layer's outputs dropped in training"
    )
    activation: Activation = Setting(
        default="relu", description="relu with dropout, or selu with alpha dropout"
    )
    normalise: Normalise = Setting(
        default="before", description="batch normalisation before each layer, after it, or none"
    )

    @model_validator(mode="after")
    def _check_layers(self) -> "BufferedHeadSettings":
        if len(self.widths) != len(self.dropouts):
            message = f"{len(self.widths)} widths but {len(self.dropouts)} dropouts: give one to each layer"
            raise ValueError(message)
        if min(self.widths) < 1 or not all(0 <= dropout < 1 for dropout in self.dropouts):
            message = "widths must be 1 or more, and dropouts from 0 up to, but not, 1"
            raise ValueError(message)
        return self


class ConvolutionHeadSettings(Settings):
    """Settings of the head with a convolution."""

    kind: Literal["convolution"] = "convolution"
    width: int = Setting(default=512, ge=1, le=8192, description="features of the convolution")
    dropout: float = Setting(default=0.0, ge=0, lt=1, description="part of the features dropped in training")


class MlpHeadSettings(Settings):
    """Settings of the head of multilayer perceptrons; the defaults are those of SubCell's classifiers."""

    kind: Literal["mlp"] = "mlp"
    pooling: Pooling = "average"
    widths: tuple[Annotated[int, Setting(ge=1, le=8192)], ...] = Setting(
        default=(512, 256), min_length=1, description="outputs of each hidden layer, in order"
    )
    dropout: float = Setting(
        default=0.5, ge=0, lt=1, description="part of each hidden layer's outputs dropped in training"
    )
    members: int = Setting(
        default=1, ge=1, le=100, description="perceptrons side by side, whose probabilities are averaged"
    )


HeadSettings = Annotated[
    Annotated[EmbeddingHeadSettings, Tag("embedding")]
    | Annotated[LinearHeadSettings, Tag("linear")]
    | Annotated[BufferedHeadSettings, Tag("buffered")]
    | Annotated[ConvolutionHeadSettings, Tag("convolution")]
    | Annotated[MlpHeadSettings, Tag("mlp")],
    kind_or("embedding"),
]
"""Settings of a head, chosen by their kind."""
