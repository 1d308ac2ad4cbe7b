"""Choose the thresholds of the classes on validation cells."""

from collections.abc import Sequence
from typing import Annotated, NamedTuple, TypeAlias

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


class Thresholds(NamedTuple):
    """From which probability on each class counts as found.

    Attributes
    ----------
    values
        (C,), 0..1; a class is found where its probability is at least this.
    notes
        What the user should know of them.
    """

    values: NDArray[np.float64]
    notes: list[str]


def find_thresholds(
    settings: ThresholdSettings,
    probabilities: NDArray[np.floating],
    targets: NDArray[np.floating | np.integer | np.bool_],
    class_names: Sequence[str] | None = None,
) -> Thresholds:
    """Choose thresholds with which F1 is highest; a class without true cells gets that for all classes.

    Parameters
    ----------
    settings
        How.
    probabilities
        (n, C), 0..1, of validation cells.
    targets
        (n, C), 0..1; a class is true from 0.5 on.
    class_names
        (C,) for the notes; without them classes are named by number.

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
        notes = (
            [] if isinstance(settings, HalfThresholds) else ["no validation cell has a class: all have 0.5"]
        )
        return Thresholds(np.full(len(present), 0.5), notes)
    single, values = settings.search(probabilities, positive)
    values = np.where(present, values, single)
    names = class_names or [f"class {label}" for label in range(len(present))]
    absent = [names[label] for label in np.flatnonzero(~present).tolist()]
    notes = []
    if absent:
        has = "these classes have" if len(absent) > 1 else "this class has"
        notes.append(f"without validation cells {has} the threshold for all, {single:g}: {', '.join(absent)}")
    return Thresholds(values, notes)
