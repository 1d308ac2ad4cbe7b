"""Any segmenter that takes stains as they come, on fields that have no microtubule stain."""

from collections.abc import Sequence

import numpy as np

from data.errors import InputError
from data.fields.field import REFERENCE_PIXEL_SIZE_UM
from models.segmenters.segmenter import SegmentedField, Segmenter, check_image
from models.segmenters.without_er import ER

RED = "red"
"""The channel of the microtubules."""

STAND_INS = (ER, "green")
"""Channels that can take its place, the better first: the ER, or the protein."""


class WithoutRed:
    """Segment fields by another stain of the cytoplasm in the place of the microtubules.

    The ER takes their place where there is one. Else the protein takes the place of both: where it lies in
    the nucleus alone, cells are too small. How good that is was measured (docs/channels.md).

    Parameters
    ----------
    segmenter
        One that scales each stain by itself and does not know what it shows.
    stand_in
        One of ``STAND_INS``.
    """

    def __init__(self, segmenter: Segmenter, stand_in: str) -> None:
        self._segmenter, self._stand_in = segmenter, stand_in
        self._sources = replace_red(segmenter.channels, stand_in)
        self.name = segmenter.name
        self.channels = tuple(dict.fromkeys(self._sources))

    def identity(self) -> str:
        """Return what decides its results; as `Segmenter.identity`."""
        return f"{self._segmenter.identity()}, {self._stand_in} for red"

    def prepare(self, workers: int = 1) -> None:
        """Load what it needs; as `Segmenter.prepare`."""
        self._segmenter.prepare(workers)

    def segment(self, image: np.ndarray, pixel_size_um: float = REFERENCE_PIXEL_SIZE_UM) -> SegmentedField:
        """Find the cells of one field of `channels`; as `Segmenter.segment`."""
        check_image(image, self.channels, pixel_size_um)
        planes = [self.channels.index(source) for source in self._sources]
        return self._segmenter.segment(image[planes], pixel_size_um)


def replace_red(channels: Sequence[str], stand_in: str) -> tuple[str, ...]:
    """Return the channel that is read in the place of each channel of a segmenter."""
    replaced = (RED,) if stand_in == ER else (RED, ER)
    return tuple(stand_in if channel in replaced else channel for channel in channels)


def choose_stand_in(channels: Sequence[str]) -> str:
    """Choose what takes the place of the microtubules among some channels; empty where they are there.

    Raises
    ------
    InputError
        There is none.
    """
    if RED in channels:
        return ""
    found = [channel for channel in STAND_INS if channel in channels]
    if not found:
        raise InputError(
            found=f"only the channels {', '.join(channels)}",
            where="fields to segment",
            expected="a stain of the whole cell: red (microtubules), yellow (ER) or green (protein)",
            advice="check the names of the files, or give your own masks with --masks FOLDER",
        )
    return found[0]
