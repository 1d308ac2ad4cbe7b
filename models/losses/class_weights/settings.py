"""Weights that make rare classes count as much as frequent ones."""

from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field as Setting
from pydantic import Tag

from data.settings import Settings, kind_or


class NoWeightSettings(Settings):
    """Every class weighs the same."""

    kind: Literal["none"] = Setting(default="none", description="none, balanced or effective-number")


class BalancedWeightSettings(Settings):
    """Classes weigh inversely to their frequency."""

    renamed: ClassVar = {"most": "max_ratio"}

    kind: Literal["balanced"] = Setting(default="balanced", description="none, balanced or effective-number")
    max_ratio: float = Setting(
        default=10.0, ge=1, description="largest ratio between the weights of two classes"
    )


class EffectiveNumberSettings(Settings):
    """Classes weigh inversely to their effective number of cells (E-loss)."""

    kind: Literal["effective-number"] = Setting(
        default="effective-number", description="none, balanced or effective-number"
    )
    alpha: float = Setting(
        default=0.9,
        ge=0,
        lt=1,
        description="0 weighs all classes the same; the nearer to 1, the more by their number of cells",
    )
    counts: Literal["set", "batch"] = Setting(
        default="set", description="whether the cells of the training set or of the batch are counted"
    )


ClassWeightSettings = Annotated[
    Annotated[NoWeightSettings, Tag("none")]
    | Annotated[BalancedWeightSettings, Tag("balanced")]
    | Annotated[EffectiveNumberSettings, Tag("effective-number")],
    kind_or("balanced"),
]


def inverse_frequency_weights(targets: NDArray[np.floating], max_ratio: float) -> NDArray[np.float32]:
    """Weight classes for a cross entropy, inversely to the number of their tiles.

    Parameters
    ----------
    targets
        (n, classes), one 1 in each row, or probabilities.
    max_ratio
        Largest ratio of a weight to that of the most frequent class.

    Returns
    -------
    ndarray (classes,)
        float32; their mean over the tiles is 1. Classes without tiles weigh as much as the rarest one.
    """
    counts = targets.sum(axis=0)
    present = counts > 0
    if not present.any():
        return np.ones(len(counts), np.float32)
    weights = np.minimum(counts.max() / np.where(present, counts, counts[present].min()), max_ratio)
    return (weights / (weights @ counts / counts.sum())).astype(np.float32)


def positive_weights(targets: NDArray[np.floating], max_ratio: float) -> NDArray[np.float32]:
    """Weight the positive tiles of each class for a binary cross entropy: negatives over positives.

    Parameters
    ----------
    targets
        (n, classes), 0 to 1.
    max_ratio
        Largest weight; the smallest is 1, also that of classes without tiles.

    Returns
    -------
    ndarray (classes,)
        float32
    """
    positives = targets.sum(axis=0)
    absent = positives <= 0
    ratios = (len(targets) - positives) / np.where(absent, 1, positives)
    return np.clip(np.where(absent, 1, ratios), 1, max_ratio).astype(np.float32)
