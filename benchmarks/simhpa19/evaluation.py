"""How good predictions of single cells are, and how good chance would be."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import spearmanr
from sklearn.metrics import average_precision_score

BROKEN_TEAMS = ("team_5", "team_37", "team_40")
"""Rows of the table of teams that are broken in its source."""


@dataclass(frozen=True)
class Chance:
    """What predictions that know nothing reach.

    Attributes
    ----------
    prevalence
        Mean over the classes of their share of the cells.
    mean, high
        Mean and 97.5 % quantile of the macro AP over permutations of the images.
    """

    prevalence: float
    mean: float
    high: float


def average_precisions(probabilities: NDArray[np.floating], targets: NDArray[np.bool_]) -> dict[int, float]:
    """Compute the AP of each class that any cell has: class -> 0..1.

    Parameters
    ----------
    probabilities, targets
        (n, 19) predicted probabilities and true classes.
    """
    return {
        label: float(average_precision_score(targets[:, label], probabilities[:, label]))
        for label in np.flatnonzero(targets.any(axis=0)).tolist()
    }


def macro(precisions: dict[int, float]) -> float:
    """Average over the classes."""
    return float(np.mean(list(precisions.values())))


def measure_chance(
    probabilities: NDArray[np.floating],
    targets: NDArray[np.bool_],
    image_ids: NDArray[np.str_],
    *,
    permutations: int = 200,
    seed: int = 0,
) -> Chance:
    """Measure the macro AP of the same probabilities dealt out to other cells.

    The cells of an image, which resemble each other, stay together: images are dealt out in another order.

    Parameters
    ----------
    probabilities, targets
        (n, 19) predicted probabilities and true classes.
    image_ids
        (n,) each cell's image.
    """
    random = np.random.default_rng(seed)
    images = [np.flatnonzero(image_ids == image_id) for image_id in np.unique(image_ids)]
    reached = []
    for _ in range(permutations):
        rows = np.concatenate([images[place] for place in random.permutation(len(images)).tolist()])
        reached.append(macro(average_precisions(probabilities[rows], targets)))
    present = targets.any(axis=0)
    return Chance(
        float(targets[:, present].mean()), float(np.mean(reached)), float(np.quantile(reached, 0.975))
    )


def mean_of_teams(table: Path) -> dict[int, float]:
    """Read the mean private AP of each class over the teams of Kaggle whose rows are whole."""
    teams = pd.read_csv(table)
    teams = teams[~teams["team"].isin(BROKEN_TEAMS)]
    means = teams.groupby("class_id")["AP_private"].mean()
    return dict(zip(means.index.tolist(), means.tolist(), strict=True))


def rank_correlation(ours: dict[int, float], theirs: dict[int, float]) -> tuple[float, int]:
    """Return Spearman's rank correlation over the classes that both have, and their number."""
    labels = sorted(set(ours) & set(theirs))
    result = spearmanr([ours[label] for label in labels], [theirs[label] for label in labels])
    return float(result.statistic), len(labels)  # pyright: ignore[reportAttributeAccessIssue]
