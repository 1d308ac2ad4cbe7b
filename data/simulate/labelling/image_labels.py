"""Which classes each antibody of a simulated set stains, and what labels its images bear."""

from collections.abc import Iterable
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from data.labels.label_file import NEGATIVE, NUM_CLASSES
from data.simulate.labelling.kaggle_labels import LABEL_COUNTS, LABEL_SETS
from data.simulate.random_streams import Stream, random_stream, shuffled_cycle

LabelScheme = Literal["even", "kaggle"]
"""How labels are dealt out: all classes about as often, or as often as in the Kaggle 2021 training set."""

MITOTIC_SPINDLE = 11
"""The class that only a dividing cell shows."""

SINGLE_FRACTION = 0.48
"""Part of the Kaggle 2021 training images that carry one label."""

TWO_OF_SEVERAL = 0.79
"""Of the Kaggle 2021 training images with several labels, the part with two; the others have more."""

THREE_OF_MORE = 0.85
"""Of those with three labels or more, the part with just three."""


def even_classes(seed: int, number: int, single_fraction: float = SINGLE_FRACTION) -> tuple[int, ...]:
    """Choose the classes of antibody ``number`` of the set ``seed``, whatever the number of antibodies.

    As many labels an image as in the real set, but rare classes are not rare. The antibodies with a single
    label lie evenly spread over the set, the first is one, and they run through all 19 classes in shuffled
    order before a class comes again; so do the first and the second label of the others, through the 18
    classes besides "Negative", which is never one of several.

    Returns
    -------
    tuple of int
        1 to 4 classes, ascending.
    """
    singles = _spread(number, single_fraction)
    if _spread(number + 1, single_fraction) > singles:
        return (shuffled_cycle(singles, NUM_CLASSES, seed, Stream.SINGLE_LABELS),)
    several = number - singles
    random = random_stream(seed, number, Stream.MORE_LABELS)
    count = 2 if random.random() < TWO_OF_SEVERAL else 3 if random.random() < THREE_OF_MORE else 4
    wanted = [
        shuffled_cycle(several, NEGATIVE, seed, Stream.FIRST_LABELS),
        shuffled_cycle(several, NEGATIVE, seed, Stream.SECOND_LABELS),
        *random.permutation(NEGATIVE).tolist(),
    ]
    return tuple(sorted(list(dict.fromkeys(wanted))[:count]))


def kaggle_classes(
    seed: int, number: int, even_share: float = 0.0, single_fraction: float = SINGLE_FRACTION
) -> tuple[int, ...]:
    """Choose the classes of antibody ``number`` as often as the Kaggle 2021 training images bear them.

    Parameters
    ----------
    seed, number
        The set, and the antibody's number in it, from 0.
    even_share
        Part of the antibodies, evenly spread, that follow ``even_classes`` instead, so that a small set holds
        the rare classes too. Where that asks for the mitotic spindle alone, which one image in 21,806 shows,
        the classes are those of a real image with a spindle.
    single_fraction
        Part of those with one label.

    Returns
    -------
    tuple of int
        1 to 5 classes, ascending.
    """
    evens = _spread(number, even_share)
    random = random_stream(seed, number, Stream.LABEL_SET)
    if _spread(number + 1, even_share) == evens:
        return _draw_label_set(random)
    classes = even_classes(seed, evens, single_fraction)
    return _draw_label_set(random, containing=MITOTIC_SPINDLE) if classes == (MITOTIC_SPINDLE,) else classes


def image_classes(cells: Iterable[tuple[int, ...]]) -> tuple[int, ...]:
    """Return the image's label: the union over its cells, "Negative" only where every cell is.

    A single cell without staining does not make an image negative: whoever labels the image names what is
    there. Such a cell is nevertheless class 18 in the truth per cell.
    """
    union = {label for labels in cells for label in labels}
    return tuple(sorted(union - {NEGATIVE})) or (NEGATIVE,)


def mistake_labels(labels: tuple[int, ...], random: np.random.Generator) -> tuple[int, ...]:
    """Return an image's labels with one mistake: one is lost where there are several, added, or replaced.

    The wrong label is drawn as often as the Kaggle 2021 training images bear it; never "Negative".
    """
    chances = np.array(LABEL_COUNTS, np.float64)
    chances[[*labels, NEGATIVE]] = 0.0
    wrong = int(random.choice(NUM_CLASSES, p=chances / chances.sum()))
    unlucky = int(random.choice(labels))
    mistakes = [{*labels, wrong} - {unlucky}]
    if labels != (NEGATIVE,):
        mistakes.append({*labels, wrong})
    if len(labels) > 1:
        mistakes.append({*labels} - {unlucky})
    return tuple(sorted(mistakes[int(random.integers(len(mistakes)))]))


def _spread(count: int, share: float) -> int:
    """Return how many of the first ``count`` are of a kind of this share, spread evenly from the first on."""
    return int(np.ceil(round(count * share, 9)))


def _draw_label_set(random: np.random.Generator, containing: int | None = None) -> tuple[int, ...]:
    label_sets, cumulated = _label_sets(containing)
    return label_sets[int(np.searchsorted(cumulated, random.integers(int(cumulated[-1])), side="right"))]


@cache
def _label_sets(containing: int | None) -> tuple[list[tuple[int, ...]], NDArray[np.int64]]:
    chosen = {
        labels: count for labels, count in LABEL_SETS.items() if containing is None or containing in labels
    }
    return list(chosen), np.cumsum(list(chosen.values()), dtype=np.int64)
