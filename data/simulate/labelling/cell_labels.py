"""Which of a field's classes each of its cells shows."""

from collections.abc import Mapping, Sequence

import numpy as np

from data.labels.label_file import NEGATIVE
from data.simulate.labelling.image_labels import MITOTIC_SPINDLE

HIDDEN_SHARES = (
    *(0.05, 0.05, 0.05, 0.12, 0.06, 0.2),
    *(0.04, 0.08, 0.15, 0.12, 0.05, 0.0),
    *(0.25, 0.12, 0.04, 0.35, 0.05, 0.1, 0.0),
)
"""Per class the share of a field's cells that do not show it.

Our choice, not measured: nobody has published such shares. Every cell has nucleoli, reticulum or
mitochondria; bodies, centrosomes and aggresomes are small, can lie out of focus, and come and go with the
cell cycle or with stress. The mitotic spindle needs none: which cells divide decides.
"""

OUTLASTING = frozenset({6, 9, 12, 13, 14, 16, 17})
"""Classes whose structures are there while a cell divides: reticulum, actin, centrosome, plasma membrane,
mitochondria, cytosol and vesicles. Nucleus and Golgi apparatus come apart, and filaments are built anew."""


def evenly_varied_labels(
    classes: tuple[int, ...],
    mitotic: Sequence[bool],
    random: np.random.Generator,
    *,
    negative_cells: float,
    missing_patterns: float,
) -> list[tuple[int, ...]]:
    """Choose the classes of each cell of a field that shows ``classes``, all patterns alike.

    As in reality a cell can lack one of the field's patterns, or all of them: then it is negative. In a field
    that shows the mitotic spindle a dividing cell shows it and nothing else, and no other cell does; in any
    other field a dividing cell shows those patterns that outlast the division, and is negative without any.
    Every class of the field is given to at least one cell, as far as its cells can bear it.

    Parameters
    ----------
    classes
        Classes of the field, ascending.
    mitotic
        Per cell, whether it divides.
    random
        Where the choices come from.
    negative_cells
        Part of the cells that show no pattern, 0..1.
    missing_patterns
        Part of the patterns that a cell of a field with several lacks, 0..1.

    Returns
    -------
    list of tuple of int
        Per cell its classes, ascending; (18,) for a negative one.
    """
    others = _shown_between_divisions(classes)
    shown: list[set[int]] = []
    for divides in mitotic:
        kept = (
            {label for label in others if random.random() >= missing_patterns}
            if len(others) > 1
            else set(others)
        )
        negative = random.random() < negative_cells
        shown.append(_while_dividing(kept, classes) if divides else set() if negative else kept)
    return _complete(shown, others, mitotic, random)


def class_wise_varied_labels(
    classes: tuple[int, ...],
    mitotic: Sequence[bool],
    random: np.random.Generator,
    *,
    hidden: Mapping[int, float],
) -> list[tuple[int, ...]]:
    """Choose the classes of each cell of a field that shows ``classes``, each class with its own variability.

    Dividing cells, and what is returned, are as in ``evenly_varied_labels``.

    Parameters
    ----------
    classes, mitotic, random
        As there.
    hidden
        Per class of the field the share of cells that do not show it, 0..1.
    """
    others = _shown_between_divisions(classes)
    shown: list[set[int]] = []
    for divides in mitotic:
        kept = {label for label in others if random.random() >= hidden[label]}
        shown.append(_while_dividing(kept, classes) if divides else kept)
    return _complete(shown, others, mitotic, random)


def _while_dividing(kept: set[int], classes: tuple[int, ...]) -> set[int]:
    return {MITOTIC_SPINDLE} if MITOTIC_SPINDLE in classes else kept & OUTLASTING


def _shown_between_divisions(classes: tuple[int, ...]) -> list[int]:
    return [label for label in classes if label not in (MITOTIC_SPINDLE, NEGATIVE)]


def _complete(
    shown: list[set[int]], others: list[int], mitotic: Sequence[bool], random: np.random.Generator
) -> list[tuple[int, ...]]:
    """Assign a class that no cell shows to one that can show it."""
    resting = [number for number, divides in enumerate(mitotic) if not divides]
    for label in others:
        if resting and not any(label in labels for labels in shown):
            shown[resting[int(random.integers(len(resting)))]].add(label)
    return [tuple(sorted(labels)) or (NEGATIVE,) for labels in shown]
