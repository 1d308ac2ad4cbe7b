"""Single planes of a field: brought to a coarser pixel size."""

import cv2
import numpy as np

WORKING_PIXEL_UM = 0.32
"""Pixel size in um at which every segmenter works: a 2048 px field at 0.08 um becomes 512 px."""


def reduce_plane(plane: np.ndarray, factor: int) -> np.ndarray:
    """Average blocks of `factor` x `factor` pixels, as a share of the type's full scale.

    Parameters
    ----------
    plane
        (H, W) uint8 or uint16.
    factor
        Whole number from 1; the last rows and columns are repeated until it divides the size.

    Returns
    -------
    np.ndarray
        (ceil(H / factor), ceil(W / factor)) float32 in 0..1. A plane and its 16-bit twin (times 257) give
        the very same values.
    """
    height, width = plane.shape
    shares = np.divide(plane, np.iinfo(plane.dtype).max, dtype=np.float32)
    if height % factor or width % factor:
        shares = cv2.copyMakeBorder(shares, 0, -height % factor, 0, -width % factor, cv2.BORDER_REPLICATE)
    size = (shares.shape[1] // factor, shares.shape[0] // factor)
    return cv2.resize(shares, size, interpolation=cv2.INTER_AREA)
