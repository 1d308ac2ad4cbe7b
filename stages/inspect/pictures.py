"""Pictures of a report: a cell's tile, as composite and the protein alone, and JPEG files."""

import math
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from data.errors import InputError
from data.plots.composites import composite, protein_only, shrink, stretch_contrast


def draw_tile(tile: NDArray[np.uint8], contrast: NDArray[np.float64], side: int) -> NDArray[np.uint8]:
    """Draw a tile (4, H, W) as (side, 2 * side, 3): left the composite, right the protein alone."""
    stretched = stretch_contrast(tile, contrast)
    return np.hstack([shrink(picture(stretched), side) for picture in (composite, protein_only)])


def draw_sheet(pictures: Sequence[NDArray[np.uint8]], side: int) -> NDArray[np.uint8]:
    """Draw square pictures of one size as a square of ``side`` px, row by row."""
    columns = math.ceil(math.sqrt(len(pictures)))
    part = side // columns
    sheet = np.zeros((side, side, 3), np.uint8)
    for number, picture in enumerate(pictures):
        small = shrink(picture, part)
        y, x = part * (number // columns), part * (number % columns)
        sheet[y : y + small.shape[0], x : x + small.shape[1]] = small
    return sheet


def write_jpeg(path: Path, picture: NDArray[np.uint8]) -> None:
    """Write an RGB picture (H, W, 3)."""
    ok, encoded = cv2.imencode(".jpg", picture[..., ::-1], (cv2.IMWRITE_JPEG_QUALITY, 88))
    if not ok:
        raise InputError(found=f"a picture of shape {picture.shape} cannot be written", where=path)
    path.write_bytes(encoded.tobytes())
