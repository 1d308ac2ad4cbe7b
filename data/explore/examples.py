"""Which images are shown as examples of a label set."""

from collections.abc import Collection

import numpy as np

from data.explore.label_table import LabelTable


def choose_samples(table: LabelTable, available: Collection[str], count: int) -> list[str]:
    """Choose up to so many of the available labelled images, evenly spread in the order of their IDs."""
    images = sorted(set(table.image_ids.tolist()).intersection(available))
    places = np.unique(np.linspace(0, len(images) - 1, min(count, len(images))).astype(int))
    return [images[place] for place in places]


def choose_one_a_class(table: LabelTable, available: Collection[str]) -> dict[int, str]:
    """Choose for each class the first available image, by ID, that has this label alone.

    Returns
    -------
    dict
        Class number -> image ID, ascending; a class without such an image is left out.
    """
    present = np.isin(table.image_ids, list(available)) & table.single
    chosen = {}
    for label, has in enumerate(table.shown.T):
        images = table.image_ids[present & has]
        if len(images):
            chosen[label] = min(images.tolist())
    return chosen
