"""The labels of a set of images as one table of yes and no."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.labels.label_set import LabelSet


@dataclass(frozen=True)
class LabelTable:
    """The labels of n images of C classes.

    Attributes
    ----------
    image_ids
        (n,) IDs, in the order of the label file.
    shown
        (n, C) bool: whether the image has the label.
    label_set
        The classes.
    """

    image_ids: NDArray[np.str_]
    shown: NDArray[np.bool_]
    label_set: LabelSet

    @property
    def single(self) -> NDArray[np.bool_]:
        """(n,) bool: whether the image has just one label."""
        return self.shown.sum(axis=1) == 1

    def count_labels_per_image(self) -> pd.DataFrame:
        """Count the images with 1, 2, .. labels: columns ``labels`` and ``images``, no number left out."""
        counts = np.bincount(self.shown.sum(axis=1), minlength=2)[1:]
        return pd.DataFrame({"labels": np.arange(1, len(counts) + 1), "images": counts})

    def count_classes(self, proteins: Mapping[str, str] | None = None) -> pd.DataFrame:
        """Count the images of each class.

        Parameters
        ----------
        proteins
            Image ID -> protein, where known (``data.labels.label_file.read_proteins``).

        Returns
        -------
        DataFrame
            A row a class: ``label``, ``name``, ``images``, ``part`` (of all images, 0..1),
            ``single_label_images`` (those with this label alone) and, where some protein is known,
            ``proteins`` (how many different ones the class's images show).
        """
        images = self.shown.sum(axis=0)
        columns = {
            "label": np.arange(len(self.label_set)),
            "name": self.label_set.names,
            "images": images,
            "part": images / max(len(self.shown), 1),
            "single_label_images": self.shown[self.single].sum(axis=0),
        }
        if proteins:
            names = np.array([proteins.get(image_id, "") for image_id in self.image_ids])
            columns["proteins"] = [len(set(names[has]) - {""}) for has in self.shown.T]
        return pd.DataFrame(columns)


def tabulate_labels(labels: Mapping[str, Sequence[int]], label_set: LabelSet) -> LabelTable:
    """Make the table of some labels, image ID -> class numbers (``data.labels.label_file.read_labels``)."""
    shown = np.zeros((len(labels), len(label_set)), bool)
    for row, classes in enumerate(labels.values()):
        shown[row, list(classes)] = True
    return LabelTable(np.array(list(labels), dtype=str), shown, label_set)
