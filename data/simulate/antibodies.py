"""The antibodies of a simulated set: what each stains, in which fields, and how reliably."""

from dataclasses import dataclass

import numpy as np

from data.labels.label_file import NUM_CLASSES
from data.simulate.field_settings import FieldSettings
from data.simulate.labelling.cell_labels import HIDDEN_SHARES, class_wise_varied_labels, evenly_varied_labels
from data.simulate.labelling.image_labels import even_classes, kaggle_classes
from data.simulate.random_streams import Stream, random_stream

_LARGEST_HIDDEN_SHARE = 0.9


@dataclass(frozen=True)
class Antibody:
    """An antibody, which stains the fields of a set that are its own.

    Attributes
    ----------
    number
        Its number in the set, from 0.
    classes
        What it stains, ascending.
    hidden
        Per class 0..18 the share of cells that do not show it; for the scheme "kaggle".
    """

    number: int
    classes: tuple[int, ...]
    hidden: tuple[float, ...]


def make_antibody(number: int, settings: FieldSettings) -> Antibody:
    """Make antibody ``number`` of a set, whatever the number of fields in it."""
    seed = settings.seed
    if settings.labels == "kaggle":
        classes = kaggle_classes(seed, number, settings.even_share, settings.single_fraction)
    else:
        classes = even_classes(seed, number, settings.single_fraction)
    luck = random_stream(seed, number, Stream.VARIABILITY).uniform(0.4, 1.6, NUM_CLASSES)
    hidden = np.minimum(settings.variability * luck * HIDDEN_SHARES, _LARGEST_HIDDEN_SHARE)
    return Antibody(number, classes, tuple(hidden.tolist()))


def field_classes(antibody: Antibody, index: int, settings: FieldSettings) -> tuple[int, ...]:
    """Choose what field ``index`` shows of its antibody's classes: now and then one of several is absent."""
    random = random_stream(settings.seed, index, Stream.ABSENT_CLASS)
    if len(antibody.classes) == 1 or random.random() >= settings.absent_classes:
        return antibody.classes
    absent = int(random.choice(antibody.classes))
    return tuple(label for label in antibody.classes if label != absent)


def label_cells(
    antibody: Antibody,
    classes: tuple[int, ...],
    mitotic: list[bool],
    settings: FieldSettings,
    random: np.random.Generator,
) -> list[tuple[int, ...]]:
    """Choose the classes of each cell of a field that shows ``classes``, as the set's scheme varies them.

    Parameters
    ----------
    antibody
        The field's antibody.
    classes
        What the field shows, ascending.
    mitotic
        Per cell, whether it divides.
    settings
        The set's settings.
    random
        Where the choices come from.

    Returns
    -------
    list of tuple of int
        Per cell its classes, ascending; (18,) for a negative one.
    """
    if settings.labels == "kaggle":
        hidden = dict(enumerate(antibody.hidden))
        return class_wise_varied_labels(classes, mitotic, random, hidden=hidden)
    return evenly_varied_labels(
        classes,
        mitotic,
        random,
        negative_cells=settings.negative_cells,
        missing_patterns=settings.missing_patterns,
    )
