"""A pre-cropped cell: where its picture lies, and reading it."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.cells.precropped.cell_stack import CHANNEL_ORDER, read_stack
from data.channels import CHANNELS
from data.errors import InputError
from data.images.grey_levels import check_white, fill_range, to_uint8
from data.images.image_file import read_plane
from data.images.pixel_bound import MAX_PIXELS
from data.images.plane_address import PlaneAddress

_read_cached = lru_cache(maxsize=2 * len(CHANNELS))(read_plane)
"""The cells of one mosaic follow each other, and a mosaic is decoded as a whole."""


@dataclass(frozen=True, slots=True)
class PrecroppedCell:
    """One row of an index: a cell whose picture lies somewhere.

    Attributes
    ----------
    image_id
        Its ID: the index's own, or ``<mosaic>_<tile>``.
    files
        Channel name -> file, or one file of four channels under the name "all".
    window
        First row, first column and side of the cell's picture in those files, px; None for all of it.
    mask
        File whose pixels above 0 are the cell, or None.
    labels
        Its class numbers; empty where the index tells none.
    group
        Name of the cells that belong together, such as those of one mosaic; empty where the index tells none.
    order
        Initials of the channels in the order of a file of four.
    max_pixels
        Pixels of the largest picture that is read.
    """

    image_id: str
    files: dict[str, Path]
    window: tuple[int, int, int] | None = None
    mask: Path | None = None
    labels: tuple[int, ...] = ()
    group: str = ""
    order: str = CHANNEL_ORDER
    max_pixels: int = MAX_PIXELS

    @property
    def address(self) -> PlaneAddress:
        """Where in its file the plane of a channel lies."""
        return PlaneAddress(max_pixels=self.max_pixels)

    def read(self, full_scale: int | None = None, full_scale_source: str = "") -> NDArray[np.uint8]:
        """Read the cell's picture, (4, H, W) uint8, R G B Y.

        Parameters
        ----------
        full_scale
            See ``data.images.grey_levels.fill_range``.
        full_scale_source
            See ``data.images.grey_levels.check_white``.

        Raises
        ------
        InputError
            A file is missing or unreadable, or has values above a white that was found in others; the
            channels differ in size, or the window reaches beyond them.
        """

        def filled(image: NDArray[Any], path: Path) -> NDArray[np.uint8]:
            picture = self._window(image)
            check_white(picture, full_scale, full_scale_source, path)
            return to_uint8(fill_range(picture, full_scale))

        if "all" in self.files:
            stack = read_stack(self.files["all"], self.order, self.max_pixels)
            return filled(stack, self.files["all"])
        read = read_plane if self.window is None else _read_cached
        planes = [filled(read(self.files[name], name, self.address), self.files[name]) for name in CHANNELS]
        if len({plane.shape for plane in planes}) > 1:
            raise InputError(
                found=f"channels of {', '.join(f'{p.shape[1]} x {p.shape[0]}' for p in planes)} px",
                where=f"cell {self.image_id}",
                expected="channels of one size",
            )
        return np.stack(planes)

    def read_mask(self) -> NDArray[np.bool_] | None:
        """Read the cell's mask (H, W), None where the index names none; errors as ``read``."""
        return None if self.mask is None else read_plane(self.mask, "red", self.address) > 0

    def _window(self, image: NDArray[Any]) -> NDArray[Any]:
        if self.window is None:
            return image
        y0, x0, size = self.window
        height, width = image.shape[-2:]
        if min(y0, x0) < 0 or size < 1 or y0 + size > height or x0 + size > width:
            raise InputError(
                found=f"{size} px from row {y0}, column {x0}, of {width} x {height} px",
                where=f"cell {self.image_id}",
                expected="a tile inside its mosaic",
            )
        return image[..., y0 : y0 + size, x0 : x0 + size]
