"""How often each label comes in an epoch, before and after rare classes are repeated."""

from typing import ClassVar, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field as Setting

from data.labels.label_set import LabelSet
from data.settings import Settings
from data.training.balance import count_items
from data.training.training_set import DataSettings


class RepetitionSettings(Settings):
    """What is repeated and made; of the same meaning as in the settings of training."""

    renamed: ClassVar = {
        "at_least": "min_cells_per_class",
        "negatives": "synthetic_negative_fraction",
        "oversample": "max_oversampling",
    }

    images: Literal["single", "all"] = Setting(
        default="all", description="what is repeated: images with one label, or all"
    )
    max_oversampling: float = Setting(
        default=1.0, ge=1, le=100, description="those of classes rarer than the median come up to so often"
    )
    min_cells_per_class: int = Setting(
        default=0, ge=0, description="as many as each class has at least, by repetition"
    )
    synthetic_negative_fraction: float = Setting(
        default=0.0, ge=0, le=10, description="negatives made by darkening the protein, as part of all"
    )
    seed: int = Setting(default=1, ge=0, description="of what is repeated")

    @property
    def changes_nothing(self) -> bool:
        """Whether everything comes just once."""
        return (
            self.max_oversampling == 1
            and not self.min_cells_per_class
            and not self.synthetic_negative_fraction
        )


def count_repetitions(
    shown: NDArray[np.bool_], settings: RepetitionSettings, label_set: LabelSet
) -> pd.DataFrame:
    """Count each label before and after repetition, as a training repeats (``data.training.balance``).

    Parameters
    ----------
    shown
        (n, C) bool: the labels of each image, or of each cell.
    settings
        What is repeated and made.
    label_set
        The classes.

    Returns
    -------
    DataFrame
        A row a class: ``label``, ``name``, ``before``, ``after``.

    Raises
    ------
    InputError
        Negatives are asked for, but the label set has no negative class.
    """
    chosen = shown if settings.images == "all" else shown[shown.sum(axis=1) == 1]
    data = DataSettings(
        max_oversampling=settings.max_oversampling,
        min_cells_per_class=settings.min_cells_per_class,
        synthetic_negative_fraction=settings.synthetic_negative_fraction,
    )
    return pd.DataFrame(
        {
            "label": np.arange(len(label_set)),
            "name": label_set.names,
            "before": chosen.sum(axis=0),
            "after": count_items(chosen, data, label_set, settings.seed),
        }
    )
