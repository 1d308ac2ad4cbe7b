"""The images of scPortrait's ``.h5sc``: one dataset of all cells, masks before channels.

The layout is that of ``scportrait/io/h5sc.py`` of scPortrait 1.7, which has no other specification.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from data.export.h5ad_file import write_mapping

MASKS = ("nucleus_mask", "cell_mask")
"""Names of the masks, in scPortrait's order: it takes what is in the second alone for the cytosol."""

_NAME = "single_cell_images"
_COMPRESSION = "lzf"
"""As scPortrait has it by default; h5py brings it along."""


class Images:
    """The images of some cells.

    Parameters
    ----------
    count
        How many cells.
    channels
        Names of the channels of their images.
    size
        Side of an image in px.
    """

    def __init__(self, count: int, channels: Sequence[str], size: int) -> None:
        self._count, self._size, self._channels = count, size, len(channels)
        self.names = [*MASKS, *channels]
        self.kinds = ["mask"] * len(MASKS) + ["image_channel"] * len(channels)

    @property
    def bytes(self) -> int:
        """Bytes of all images before they are compressed."""
        return 2 * self._count * len(self.names) * self._size**2

    def create(self, file: Any) -> Any:
        """Create the dataset (N, C, S, S) float16 in an AnnData file, and describe it there and in uns."""
        shape = (self._count, len(self.names), self._size, self._size)
        dataset = file["obsm"].create_dataset(
            _NAME, shape=shape, chunks=(1, 1, *shape[2:]), dtype="float16", compression=_COMPRESSION
        )
        known: dict[str, Any] = {
            "n_cells": self._count,
            "n_channels": len(self.names),
            "n_masks": len(MASKS),
            "n_image_channels": self._channels,
            "image_size_x": self._size,
            "image_size_y": self._size,
            "image_size": self._size,
            "compression": _COMPRESSION,
            # Grey values are shares of the largest, not stretched cell by cell.
            "normalization": False,
        }
        texts = {"channel_names": self.names, "channel_mapping": self.kinds}
        dataset.attrs["encoding-type"], dataset.attrs["encoding-version"] = "array", "0.2.0"
        for name, value in known.items():
            dataset.attrs[name] = value
        for name, values in texts.items():
            dataset.attrs[name] = np.array([value.encode() for value in values])
        write_mapping(file["uns"], _NAME, known | texts)
        return dataset
