"""Which cells a classifier is trained on, and what their labels are."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field as Setting

from data.settings import Settings
from data.tables.coded_texts import CodedTexts


class DataSettings(Settings):
    """Which images are trained on, and how often their cells come."""

    renamed: ClassVar = {
        "at_least": "min_cells_per_class",
        "negatives": "synthetic_negative_fraction",
        "oversample": "max_oversampling",
    }

    duplicates: Literal["together", "remove", "keep"] = Setting(
        default="together",
        description="near duplicates among the images: keep them in one fold, train on one of each, or "
        "pass over them",
    )
    duplicate_distance: int = Setting(
        default=12, ge=0, le=64, description="bits of 256 in which the hashes of near duplicates may differ"
    )
    max_oversampling: float = Setting(
        default=1.0,
        ge=1,
        le=100,
        description="cells of classes rarer than the median class come up to so many times",
    )
    min_cells_per_class: int = Setting(
        default=0, ge=0, description="cells that each class has at least, by repetition"
    )
    synthetic_negative_fraction: float = Setting(
        default=0.0,
        ge=0,
        le=10,
        description="negative cells made by darkening the protein's channel, as part of the training cells",
    )


@dataclass(frozen=True)
class TrainingSet:
    """Cells with the labels of their images.

    Attributes
    ----------
    rows
        (n,) rows of the cells table, which are rows of the tile store.
    image_ids
        (n,) the image of each, by numbers in the order of the images' IDs.
    cell_ids
        (n,) the number of each in its image; that of its row where the table tells none.
    targets
        (n, classes) bool: whether the cell's image has the class.
    images
        (m,) numbers of the images that have at least one cell here, ascending.
    shown
        (m, classes) bool: the classes of each of them.
    groups
        (m,) the place among them of the first image of each one's group; images of one group belong in one
        fold.
    class_names
        Names of the classes.
    counts
        What was used and what was left out, and how many.
    corrected
        (n,) bool: cells whose targets are labels of their own, and not those of their images.
    """

    rows: NDArray[np.intp]
    image_ids: CodedTexts
    cell_ids: NDArray[np.integer]
    targets: NDArray[np.bool_]
    images: NDArray[np.integer]
    shown: NDArray[np.bool_]
    groups: NDArray[np.intp]
    class_names: tuple[str, ...]
    counts: dict[str, int]
    corrected: NDArray[np.bool_]

    @property
    def places(self) -> NDArray[np.intp]:
        """Place of each cell's image among the images, (n,)."""
        return np.searchsorted(self.images, self.image_ids.codes)

    @property
    def image_names(self) -> list[str]:
        """The images, in their order."""
        return CodedTexts(self.images.astype(np.int32), self.image_ids.texts).tolist()
