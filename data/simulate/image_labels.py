"""Which classes each field of a simulated set shows, and which each of its cells."""

import numpy as np

from data.labels import NEGATIVE, NUM_CLASSES
from data.simulate.random_streams import Stream, random_stream, shuffled_cycle

MITOTIC_SPINDLE = 11
"""The class that only a dividing cell shows."""

SINGLE_FRACTION = 0.48
"""Part of the Kaggle 2021 training images that carry one label."""

TWO_OF_SEVERAL = 0.79
"""Of the Kaggle 2021 training images with several labels, the part with two; the others have more."""

THREE_OF_MORE = 0.85
"""Of those with three labels or more, the part with just three."""


def field_classes(seed: int, index: int, single_fraction: float = SINGLE_FRACTION) -> tuple[int, ...]:
    """Choose the classes of field ``index`` of the set ``seed``, whatever the number of fields in the set.

    As many labels a field as in the real set, but rare classes are not rare. The single-label fields lie
    evenly spread over the set, the first field is one, and they run through all 19 classes in shuffled order
    before a class comes again; so do the first and the second label of the others, through the 18 classes
    besides "Negative", which is never one of several.

    Returns
    -------
    tuple of int
        1 to 4 classes, ascending.
    """
    singles = _count_singles(index, single_fraction)
    if _count_singles(index + 1, single_fraction) > singles:
        return (shuffled_cycle(singles, NUM_CLASSES, seed, Stream.SINGLE_LABELS),)
    several = index - singles
    random = random_stream(seed, index, Stream.MORE_LABELS)
    count = 2 if random.random() < TWO_OF_SEVERAL else 3 if random.random() < THREE_OF_MORE else 4
    wanted = [
        shuffled_cycle(several, NEGATIVE, seed, Stream.FIRST_LABELS),
        shuffled_cycle(several, NEGATIVE, seed, Stream.SECOND_LABELS),
        *random.permutation(NEGATIVE).tolist(),
    ]
    return tuple(sorted(list(dict.fromkeys(wanted))[:count]))


def _count_singles(fields: int, single_fraction: float) -> int:
    return int(np.ceil(round(fields * single_fraction, 9)))


def cell_classes(
    classes: tuple[int, ...],
    mitotic: list[bool],
    random: np.random.Generator,
    *,
    negative_cells: float,
    missing_patterns: float,
) -> list[tuple[int, ...]]:
    """Choose the classes of each cell of a field that shows ``classes``.

    As in reality a cell can lack one of the field's patterns, or all of them: then it is negative. A dividing
    cell shows the mitotic spindle and nothing else, and no other cell shows it. Every class of the field is
    given to at least one cell, as far as its cells can bear it.

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
    others = [label for label in classes if label not in (MITOTIC_SPINDLE, NEGATIVE)]
    shown: list[set[int]] = []
    for divides in mitotic:
        kept = (
            {label for label in others if random.random() >= missing_patterns}
            if len(others) > 1
            else set(others)
        )
        negative = random.random() < negative_cells
        shown.append({MITOTIC_SPINDLE} if divides else set() if negative else kept)
    resting = [number for number, divides in enumerate(mitotic) if not divides]
    for label in others:
        if resting and not any(label in labels for labels in shown):
            shown[resting[int(random.integers(len(resting)))]].add(label)
    return [tuple(sorted(labels)) or (NEGATIVE,) for labels in shown]


def image_classes(cells: list[tuple[int, ...]]) -> tuple[int, ...]:
    """Give the image's label: the union over its cells, "Negative" only where every cell is.

    A single cell without staining does not make an image negative: whoever labels the image names what is
    there. Such a cell is nevertheless class 18 in the truth per cell.
    """
    union = {label for labels in cells for label in labels}
    return tuple(sorted(union - {NEGATIVE})) or (NEGATIVE,)
