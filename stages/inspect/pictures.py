"""Pictures of a report: a cell's tile, as composite and the protein alone, and JPEG files."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from data.errors import InputError
from data.plots.composites import composite, protein_only, shrink, stretch_contrast


def draw_tile(tile: NDArray[np.uint8], contrast: NDArray[np.float64], side: int) -> NDArray[np.uint8]:
    """Draw a tile (4, H, W) as (side, 2 * side, 3): left the composite, right the protein alone."""
    small = shrink_planes(stretch_contrast(tile, contrast), side)
    return np.hstack([composite(small), protein_only(small)])


def shrink_planes(image: NDArray[np.uint8], longest_side: int) -> NDArray[np.uint8]:
    """Shrink (C, H, W) plane by plane, which is faster than the colours of a picture, and the same."""
    return np.stack([shrink(plane, longest_side) for plane in image])


def write_jpeg(path: Path, picture: NDArray[np.uint8]) -> None:
    """Write an RGB picture (H, W, 3)."""
    ok, encoded = cv2.imencode(".jpg", picture[..., ::-1], (cv2.IMWRITE_JPEG_QUALITY, 88))
    if not ok:
        raise InputError(found=f"a picture of shape {picture.shape} cannot be written", where=path)
    path.write_bytes(encoded.tobytes())
