"""What every segmenter takes and gives: the interface, and the field of cells that it promises."""

from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np

from data.errors import InputError
from data.fields.field import REFERENCE_PIXEL_SIZE_UM
from data.masks.label_image import MAX_CELLS

PIXEL_SIZES_UM = (0.005, 5.0)
"""From far below what a light microscope resolves to where a cell is a few pixels."""


@dataclass(frozen=True)
class SegmentedField:
    """The nuclei and cells of one field, numbered alike.

    Attributes
    ----------
    nuclei, cells
        (H, W) uint16 label images, 0 = background. Cells are numbered 1..n without gaps; a nucleus bears the
        number of its cell and lies inside it, and every cell has one. A cell with several nuclei has all of
        them under its one number.
    pixel_size_um
        Edge of a pixel in micrometres.
    without_nucleus
        Whether cells may have no nucleus, as in masks that people draw.

    Raises
    ------
    ValueError
        When a segmenter breaks this promise: a fault of the segmenter, not of the field.

    Examples
    --------
    >>> import hpacells as hpa
    >>> found = hpa.load_segmenter("classical").segment_field(hpa.find_fields("my_images")[0])
    >>> found.cells.shape, found.cells.dtype, found.nuclei.shape
    ((400, 400), dtype('uint16'), (400, 400))
    >>> found.count
    2
    """

    nuclei: np.ndarray
    cells: np.ndarray
    pixel_size_um: float = REFERENCE_PIXEL_SIZE_UM
    without_nucleus: bool = False

    def __post_init__(self) -> None:
        if self.cells.ndim != 2 or self.nuclei.shape != self.cells.shape:
            msg = f"nuclei {self.nuclei.shape} and cells {self.cells.shape} are not two images of one size"
            raise ValueError(msg)
        if self.cells.dtype != np.uint16 or self.nuclei.dtype != np.uint16:
            msg = f"label images are uint16, not {self.nuclei.dtype} (nuclei) and {self.cells.dtype} (cells)"
            raise ValueError(msg)
        count = self.count
        for name, labels in (("cells", self.cells), ("nuclei", self.nuclei)):
            present = cv2.calcHist([labels], [0], None, [MAX_CELLS + 1], [0, MAX_CELLS + 1]).ravel() > 0
            gaps = not present[1 : count + 1].all() and not (name == "nuclei" and self.without_nucleus)
            if gaps or present[count + 1 :].any():
                msg = f"the numbers of the {name} are not 1..{count} without gaps"
                raise ValueError(msg)
        if np.any((self.nuclei != 0) & (self.nuclei != self.cells)):
            msg = "a nucleus lies outside the cell whose number it bears"
            raise ValueError(msg)

    @property
    def count(self) -> int:
        """Number of cells."""
        return int(self.cells.max(initial=0))


class Segmenter(Protocol):
    """Finds the cells of a field, one field a call.

    A caller reads `channels`, stacks just these and calls `segment` from as many threads as it likes; nothing
    else is asked of it. So a segmenter keeps no state from one call to the next, and spends its time in code
    that releases the interpreter lock. One whose network runs best on batches gathers the concurrent calls
    itself: each calling thread scales its own field, hands it to the one thread that owns the device, waits
    for its maps and does its own post-processing. Batches thus fill up across fields of different size, the
    device does not wait for post-processing, and callers need not know whether there is a device.

    Attributes
    ----------
    name
        The name by which `models.segmenters.factory.create_segmenter` knows it.
    channels
        The channels it needs (of `data.channels.CHANNELS`), in the order in which it wants them stacked.
    """

    @property
    def name(self) -> str:
        """Its name on the command line."""
        ...

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels that it needs, in order."""
        ...

    def identity(self) -> str:
        """Return what decides its results, in one line: name and version, or the hash of its weights.

        Equal identities give equal masks; a stage redoes its work when the identity changes.
        """
        ...

    def prepare(self, workers: int = 1) -> None:
        """Load what it needs for so many calls at a time; `segment` does it where nobody did before.

        To make a segmenter and to ask for its identity loads nothing, so both are cheap where all is done.

        Raises
        ------
        InputError
            What it needs is missing or damaged.
        """
        ...

    def segment(self, image: np.ndarray, pixel_size_um: float = REFERENCE_PIXEL_SIZE_UM) -> SegmentedField:
        """Find the cells of one field.

        Parameters
        ----------
        image
            (C, H, W) uint8 or uint16, one plane for each of `channels`.
        pixel_size_um
            Edge of a pixel in micrometres.

        Raises
        ------
        InputError
            For an image of another shape or type, a pixel size out of `PIXEL_SIZES_UM`, or more
            than 65,535 cells.
        """
        ...


def check_image(image: np.ndarray, channels: tuple[str, ...], pixel_size_um: float) -> None:
    """Refuse what no segmenter can work on.

    Parameters
    ----------
    image
        (C, H, W) uint8 or uint16.
    channels
        What the C planes should be.
    pixel_size_um
        Edge of a pixel in micrometres.

    Raises
    ------
    InputError
        For another shape or dtype, an image without pixels, or a pixel size out of `PIXEL_SIZES_UM`.
    """
    if image.ndim != 3 or image.shape[0] != len(channels) or image.size == 0:
        expected = f"({len(channels)}, height, width): {', '.join(channels)}"
        raise InputError(found=f"shape {image.shape}", where="image to segment", expected=expected)
    if image.dtype not in (np.uint8, np.uint16):
        raise InputError(found=f"{image.dtype} pixels", where="image to segment", expected="uint8 or uint16")
    smallest, largest = PIXEL_SIZES_UM
    if not smallest <= pixel_size_um <= largest:
        raise InputError(
            found=f"{pixel_size_um} um",
            where="pixel size",
            expected=f"{smallest} to {largest} um",
            advice="give it in micrometres, not in nanometres or pixels a micrometre",
        )
