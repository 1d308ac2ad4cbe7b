"""Any segmenter on fields that have no ER stain."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from data.fields.field import REFERENCE_PIXEL_SIZE_UM
from models.segmenters.segmenter import SegmentedField, Segmenter, check_image

ER = "yellow"
"""The channel of the endoplasmic reticulum."""


class WithoutER:
    """Supplies a dark plane to a segmenter in the place of the ER.

    Parameters
    ----------
    segmenter
        One that can do without: trained on fields with and without ER, or on such dark planes.
    """

    def __init__(self, segmenter: Segmenter) -> None:
        self._segmenter = segmenter
        self.name = segmenter.name
        self.channels = channels_without_er(segmenter.channels)

    def identity(self) -> str:
        """Return what decides its results; as `Segmenter.identity`."""
        return f"{self._segmenter.identity()}, without ER"

    def prepare(self, workers: int = 1) -> None:
        """Load what it needs; as `Segmenter.prepare`."""
        self._segmenter.prepare(workers)

    def segment(self, image: np.ndarray, pixel_size_um: float = REFERENCE_PIXEL_SIZE_UM) -> SegmentedField:
        """Find the cells of one field of `channels`; as `Segmenter.segment`."""
        check_image(image, self.channels, pixel_size_um)
        return self._segmenter.segment(insert_dark_er(image, self._segmenter.channels), pixel_size_um)


def channels_without_er(channels: Sequence[str]) -> tuple[str, ...]:
    """Leave the ER out of some channels."""
    return tuple(channel for channel in channels if channel != ER)


def insert_dark_er(image: NDArray[np.generic], channels: Sequence[str]) -> NDArray[np.generic]:
    """Insert a dark plane into an image (C - 1, H, W) at the place of the ER among the C channels."""
    return np.insert(image, channels.index(ER), 0, axis=0) if ER in channels else image
