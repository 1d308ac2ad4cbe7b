"""Choose the thresholds of the classes on validation cells."""

from typing import Annotated, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import Tag

from data.settings import kind_or
from data.thresholds.greedy import GreedyThresholds
from data.thresholds.half import HalfThresholds
from data.thresholds.one import OneThreshold
from data.thresholds.per_class import PerClassThresholds

ThresholdSettings: TypeAlias = Annotated[
    Annotated[HalfThresholds, Tag("half")]
    | Annotated[OneThreshold, Tag("one")]
    | Annotated[GreedyThresholds, Tag("greedy")]
    | Annotated[PerClassThresholds, Tag("per-class")],
    kind_or("half"),
]
"""How thresholds are chosen, by ``kind``."""


def find_thresholds(
    settings: ThresholdSettings,
    probabilities: NDArray[np.floating],
    targets: NDArray[np.floating | np.integer | np.bool_],
) -> NDArray[np.float64]:
    """Choose thresholds with which F1 is highest; a class without true cells gets that for all classes.

    Parameters
    ----------
    settings
        How.
    probabilities
        (n, C), 0..1, of validation cells.
    targets
        (n, C), 0..1; a class is true from 0.5 on.

    Returns
    -------
    ndarray (C,)
        0..1; a class is found where its probability is at least this. 0.5 where no cell has a class.

    Raises
    ------
    ValueError
        The two arrays differ in shape.
    """
    if probabilities.shape != targets.shape:
        message = f"probabilities of shape {probabilities.shape}, targets of shape {targets.shape}"
        raise ValueError(message)
    positive: NDArray[np.bool_] = np.asarray(targets >= 0.5)
    present: NDArray[np.bool_] = np.any(positive, axis=0)
    if isinstance(settings, HalfThresholds) or not present.any():
        return np.full(len(present), 0.5)
    single, values = settings.search(probabilities, positive)
    return np.where(present, values, single)
