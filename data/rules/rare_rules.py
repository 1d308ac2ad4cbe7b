"""Classes that are rarely right: they count in a cell only as far as its image has them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import Field as Setting

from data.errors import InputError
from data.settings import Settings


class RareRules(Settings):
    """What is asked of the image before a cell is called."""

    classes: tuple[str, ...] = Setting((), description="names of the classes; none: all of them")
    image_gate: bool = Setting(False, description="multiply the cell's confidence by the image's probability")
    rank_weight: float = Setting(
        0.0,
        ge=0,
        le=1,
        description="part of the confidence that is the image's probability times the cell's rank in its "
        "image, from 1 for the first of n cells to 1/n for the last",
    )

    @property
    def is_on(self) -> bool:
        """Whether anything changes."""
        return self.image_gate or self.rank_weight > 0


def find_rare(names: Sequence[str], rules: RareRules) -> NDArray[np.intp]:
    """Return the numbers of the classes that the rules are of.

    Raises
    ------
    InputError
        A name is not among those of the classes.
    """
    unknown = [name for name in rules.classes if name not in names]
    if unknown:
        raise InputError(
            found=f"class {unknown[0]!r}",
            where="setting combine.rules.rare.classes",
            expected=f"one of {', '.join(names)}",
        )
    if not rules.is_on:
        return np.empty(0, np.intp)
    return np.array([list(names).index(name) for name in rules.classes or names], np.intp)


def apply_rare_rules(
    values: NDArray[np.float64],
    images: NDArray[np.float64],
    image_ids: NDArray[np.str_],
    rules: RareRules,
    rare: NDArray[np.intp],
) -> NDArray[np.float64]:
    """Return the confidences (n, classes) after the rules of rare classes.

    Parameters
    ----------
    values, images
        (n, classes) confidences of the cells, and probabilities of their images.
    image_ids
        (n,) image of each cell.
    rules, rare
        The rules, and the numbers of the classes that they are of.
    """
    if not len(rare) or not len(values):
        return values
    values = values.copy()
    if rules.rank_weight:
        ranks = _rank_in_image(values[:, rare], image_ids)
        ranked = images[:, rare] * ranks
        values[:, rare] += rules.rank_weight * (ranked - values[:, rare])
    if rules.image_gate:
        values[:, rare] *= images[:, rare]
    return values


def _rank_in_image(values: NDArray[np.float64], image_ids: NDArray[np.str_]) -> NDArray[np.float64]:
    """Return the share of the cells of an image that a cell is not below, of equals the mean: (n, k) 0..1."""
    ranks = np.empty_like(values)
    _, images = np.unique(image_ids, return_inverse=True)
    order = np.argsort(images, kind="stable")
    for rows in np.split(order, np.cumsum(np.bincount(images))[:-1]):
        inside = values[rows]
        below = (inside[np.newaxis] < inside[:, np.newaxis]).sum(axis=1)
        equal = (inside[np.newaxis] == inside[:, np.newaxis]).sum(axis=1)
        ranks[rows] = (below + (equal + 1) / 2) / len(rows)
    return ranks
