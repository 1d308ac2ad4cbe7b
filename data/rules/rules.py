"""The rules of a submission, each with a name, and their order."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import Field as Setting

from data.rules.cell_facts import CellFacts
from data.rules.cell_rules import CellRules, SizeSpread, find_left_out, weigh_cells
from data.rules.image_fusion import ImageRules, fuse_with_image, join_evidence, summarise_images
from data.rules.image_mean import without_image_mean
from data.rules.negative_rules import NegativeRules, apply_negative_rules, find_negative
from data.rules.rare_rules import RareRules, apply_rare_rules, find_rare
from data.settings import Settings


class Rules(Settings):
    """What is done to the probabilities of cells before they are written as confidences; by default nothing.

    In this order: image beside cell, the negative class, rare classes, weights of cells.
    """

    image: ImageRules = Setting(
        ImageRules.model_validate({}), description="the image's probabilities beside the cell's"
    )
    negative: NegativeRules = Setting(
        NegativeRules.model_validate({}), description="the confidence of the negative class"
    )
    rare: RareRules = Setting(
        RareRules.model_validate({}), description="classes that count as far as their image has them"
    )
    cells: CellRules = Setting(
        CellRules.model_validate({}), description="cells that count less, or are left out"
    )


def with_negative(rules: Rules, name: str | None) -> Rules:
    """Return rules that call the negative class by the name of a label set, unless they have one."""
    if name is None or rules.negative.name is not None or not rules.negative.is_on:
        return rules
    return rules.model_copy(update={"negative": rules.negative.model_copy(update={"name": name})})


@dataclass(frozen=True)
class Confidences:
    """What the rules make of the probabilities.

    Attributes
    ----------
    values
        (n, classes), 0..1.
    left_out
        (n,) bool: cells that are not to be written.
    """

    values: NDArray[np.floating]
    left_out: NDArray[np.bool_]


def apply_rules(
    probabilities: NDArray[np.floating],
    cells: CellFacts,
    names: Sequence[str],
    rules: Rules,
    image_weight: float | None,
    classified: NDArray[np.floating] | None = None,
    spread: SizeSpread | None = None,
) -> Confidences:
    """Compute the confidences of cells.

    Parameters
    ----------
    probabilities
        (n, classes) as they were predicted, of all cells of some images that are not dropped.
    cells
        What is known of these cells.
    names
        Names of the classes.
    rules
        What is done.
    image_weight
        The weight that the mean of the image has in the probabilities already, None if it is not known.
    classified
        (n, classes) what a classifier of whole fields says of each cell's image; needed where the rules take
        the image's probabilities from it.
    spread
        The sizes that those of the cells are compared with; needed where these are not all cells.

    Raises
    ------
    InputError
        A rule is of a class that is not among the names, or the image's part in the probabilities is unknown
        or all of them where a rule needs those of the cell alone.
    """
    if rules == Rules.model_validate({}):
        return Confidences(probabilities, np.zeros(len(probabilities), bool))
    values = probabilities.astype(np.float64)
    left_out = find_left_out(cells, rules.cells, spread)
    if rules.image.fusion != "as-predicted":
        told = rules.image.predicted_weight
        values = without_image_mean(values, cells.image_ids, image_weight if told == "auto" else told)
    images = _find_images(values, cells.image_ids, rules, classified)
    joint = join_evidence(values, cells.image_ids)
    values = fuse_with_image(values, images, joint, rules.image)
    values = apply_negative_rules(values, rules.negative, find_negative(names, rules.negative))
    values = apply_rare_rules(values, images, cells.image_ids, rules.rare, find_rare(names, rules.rare))
    return Confidences(values * weigh_cells(cells, rules.cells, spread)[:, np.newaxis], left_out)


def _find_images(
    values: NDArray[np.float64],
    image_ids: NDArray[np.str_],
    rules: Rules,
    classified: NDArray[np.floating] | None,
) -> NDArray[np.float64]:
    """Return for each cell the probabilities of its image, (n, classes), as the rules take them."""
    if rules.image.statistic != "classifier":
        return summarise_images(values, image_ids, rules.image.statistic)
    if classified is None:
        message = "the rules take the probabilities of images that no classifier has predicted"
        raise ValueError(message)
    return classified.astype(np.float64)
