"""Pictures of fields and cells for people: colour composites and cell outlines."""

from collections.abc import Collection
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from data.channels import CHANNELS, STAINS

_GREEN = CHANNELS.index("green")


@dataclass(frozen=True)
class Outline:
    """A cell's outline.

    Attributes
    ----------
    cell_id
        The cell's number in the label image.
    points
        (k, 2) int32, x and y in px.
    """

    cell_id: int
    points: NDArray[np.int32]


def find_contrast(
    image: NDArray[np.uint8], percentiles: tuple[float, float] = (1.0, 99.8), floor: int = 24
) -> NDArray[np.float64]:
    """Find the grey values of each channel that are to be shown as black and as white.

    Parameters
    ----------
    image
        (C, H, W) uint8.
    percentiles
        The dark and the bright one, in %.
    floor
        Least distance of the two values, so that an empty channel stays dark instead of showing its noise.

    Returns
    -------
    ndarray (C, 2)
        float64, grey values.
    """
    sampled = image[:, ::4, ::4] if min(image.shape[1:]) >= 64 else image
    low, high = np.percentile(sampled, percentiles, axis=(1, 2))
    return np.stack([low, np.maximum(high, low + floor)], axis=1)


def stretch_contrast(
    image: NDArray[np.uint8], contrast: NDArray[np.float64] | None = None
) -> NDArray[np.uint8]:
    """Stretch each channel so that its two grey values of ``contrast`` become 0 and 255.

    Parameters
    ----------
    image
        (C, H, W) uint8.
    contrast
        (C, 2) as ``find_contrast`` gives it; that of the image itself by default. Tiles of a field are shown
        with the field's, so that a cell without staining looks like one.
    """
    stretched = np.empty_like(image)
    for channel, (low, high) in enumerate(find_contrast(image) if contrast is None else contrast):
        ramp = (np.arange(256) - low) * (255 / (high - low))
        stretched[channel] = cv2.LUT(image[channel], np.clip(np.rint(ramp), 0, 255).astype(np.uint8))
    return stretched


def composite(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Make the usual HPA composite: microtubules red, protein green, nucleus blue; the ER is left out.

    Parameters
    ----------
    image
        (4, H, W) uint8, R G B Y.

    Returns
    -------
    ndarray (H, W, 3)
        uint8, RGB.
    """
    return np.ascontiguousarray(np.moveaxis(image[:3], 0, 2))


def describe_composite(channels: Collection[str] = CHANNELS) -> str:
    """Return in words what the colours of a composite show, and which stains the images lack.

    Parameters
    ----------
    channels
        The channels that the images have.
    """
    shown = ", ".join(f"{STAINS[name]} {name}" for name in ("red", "green", "blue") if name in channels)
    absent = " and no ".join(f"{STAINS[name]} ({name})" for name in CHANNELS if name not in channels)
    return f"{shown}; the images have no {absent}" if absent else shown


def protein_only(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Show the protein's channel alone, in grey: (4, H, W) uint8 to (H, W, 3) uint8."""
    return np.repeat(image[_GREEN][..., np.newaxis], 3, axis=2)


def shrink(image: NDArray[np.uint8], longest_side: int) -> NDArray[np.uint8]:
    """Shrink (H, W, 3) so that its longer side has at most ``longest_side`` px, by averaging areas."""
    factor = longest_side / max(image.shape[:2])
    if factor >= 1:
        return image
    resized = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    return resized.astype(np.uint8, copy=False)


def find_outlines(cells: NDArray[np.uint16], tolerance: float = 1.5) -> list[Outline]:
    """Find the outline of every cell of a label image, simplified to within ``tolerance`` px.

    Returns
    -------
    list of Outline
        In the order of the cell numbers; of a cell in several parts, the largest part's.
    """
    outlines = []
    for cell_id, box in enumerate(ndimage.find_objects(cells), start=1):
        if box is None:
            continue
        mask = (cells[box] == cell_id).view(np.uint8)
        contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        largest = max(contours, key=len)
        points = cv2.approxPolyDP(largest, tolerance, closed=True)[:, 0, :]
        outlines.append(Outline(cell_id, points + np.array([box[1].start, box[0].start], np.int32)))
    return outlines


def draw_outlines(
    picture: NDArray[np.uint8],
    outlines: list[Outline],
    scale: float = 1.0,
    colour: tuple[int, int, int] = (255, 255, 255),
) -> NDArray[np.uint8]:
    """Draw outlines into a copy of an RGB picture (H, W, 3), ``scale`` times as large as the label image."""
    drawn = picture.copy()
    for outline in outlines:
        points = np.rint(outline.points * scale).astype(np.int32)
        cv2.polylines(drawn, [points], isClosed=True, color=colour, thickness=1, lineType=cv2.LINE_AA)
    return drawn
