"""Real and simulated fields side by side, at one scale and with the grey values as they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.filters import threshold_otsu

from data.atomic import atomic_write
from data.channels import CHANNELS
from data.fields.field import Field
from data.images.grey_levels import to_uint8
from data.masks.label_image import read_label_image
from data.plots.composites import composite

FIELD_UM, DETAIL_UM = 80.0, 24.0
"""Side of the windows shown as composite, and of those shown channel by channel."""

_BLUE = CHANNELS.index("blue")
_COLUMNS = 6
_SIDE = 300
_GAP = 4


@dataclass(frozen=True)
class Shown:
    """A field to show: its files, its label image and its pixel size in um."""

    field: Field
    cells: Path
    pixel_size_um: float


def draw_side_by_side(folder: Path, real: Sequence[Shown], simulated: Sequence[Shown]) -> None:
    """Draw ``fields.png`` (composites) and ``details.png`` (R G B Y downwards), each with some of both kinds.

    In ``fields.png`` the upper row is real and the lower one simulated; in ``details.png`` the left half is
    real. The window is where cells cover most of it, or shows most of the edges of nuclei.
    """
    rows = [
        [composite(_window(one, FIELD_UM, edges=False)) for one in kind[:_COLUMNS]]
        for kind in (real, simulated)
    ]
    _write(folder / "fields.png", rows)
    half = _COLUMNS // 2
    details = [_window(one, DETAIL_UM, edges=True) for kind in (real, simulated) for one in kind[:half]]
    planes = [[np.repeat(image[channel][..., None], 3, axis=2) for image in details] for channel in range(4)]
    _write(folder / "details.png", planes)


def find_fullest_window(wanted: NDArray[np.bool_], side: int) -> tuple[int, int]:
    """Find first row and column of the square window of ``side`` px with most of what is wanted."""
    height, width = wanted.shape
    # The integral image gives the sum over a window from its corners.
    table = cv2.integral(wanted.astype(np.uint8))
    step = max(1, side // 4)
    places = [
        (y, x)
        for y in range(0, max(height - side, 0) + 1, step)
        for x in range(0, max(width - side, 0) + 1, step)
    ]

    def covered(place: tuple[int, int]) -> int:
        y, x = place
        bottom, right = min(y + side, height), min(x + side, width)
        return int(table[bottom, right]) - int(table[y, right]) - int(table[bottom, x]) + int(table[y, x])

    return max(places, key=covered)


def _window(shown: Shown, side_um: float, *, edges: bool) -> NDArray[np.uint8]:
    image = to_uint8(shown.field.read())
    side = min(round(side_um / shown.pixel_size_um), *image.shape[1:])
    cells = read_label_image(shown.cells) > 0
    y, x = find_fullest_window(cells & _nucleus_edges(image[_BLUE]) if edges else cells, side)
    planes = [
        cv2.resize(plane[y : y + side, x : x + side], (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
        for plane in image
    ]
    return np.stack(planes).astype(np.uint8)


def _nucleus_edges(blue: NDArray[np.uint8]) -> NDArray[np.bool_]:
    smooth = cv2.GaussianBlur(blue, (0, 0), 4.0)
    inside = (smooth > threshold_otsu(smooth)).astype(np.uint8)
    return cv2.morphologyEx(inside, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0


def _write(path: Path, rows: Sequence[Sequence[NDArray[np.uint8]]]) -> None:
    columns = max(len(row) for row in rows)
    step = _SIDE + _GAP
    picture = np.full((len(rows) * step - _GAP, columns * step - _GAP, 3), 255, np.uint8)
    for down, row in enumerate(rows):
        for across, tile in enumerate(row):
            picture[down * step : down * step + _SIDE, across * step : across * step + _SIDE] = tile
    with atomic_write(path) as temporary:
        cv2.imwrite(str(temporary), picture[..., ::-1])
