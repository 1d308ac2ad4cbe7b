"""Attention over a tile, as a heat map for people."""

import cv2
import numpy as np
from numpy.typing import NDArray

_WHITE = 0.7
"""How bright the tile's white is below the colours, so that these can be told from it."""

_OPACITY = 0.8
"""Of the colour of the largest weight; that of others falls with their square root, to be seen on black."""


def spread_attention(
    attention: NDArray[np.floating], height: int, width: int, seen: float = 1.0
) -> NDArray[np.float32]:
    """Interpolate the weights of patches to the pixels of a tile.

    Parameters
    ----------
    attention
        (h, w) weights, 0 or more, of patches that lie row by row over the seen part of the tile.
    height, width
        The tile's, in px.
    seen
        Part of the tile's side, in its middle, that the patches cover.

    Returns
    -------
    ndarray (height, width)
        float32, 0..1: 1 is the largest weight, and 0 also where nothing was seen. The centre of a patch has
        the patch's own weight.
    """
    heat = np.zeros((height, width), np.float32)
    rows, columns = max(1, round(height * seen)), max(1, round(width * seen))
    largest = float(attention.max())
    if not largest > 0:
        return heat
    scaled = attention.astype(np.float32) / np.float32(largest)
    y, x = (height - rows) // 2, (width - columns) // 2
    spread = cv2.resize(scaled, (columns, rows), interpolation=cv2.INTER_CUBIC)
    # A cubic curve through the weights leaves their range a little beside steep edges.
    heat[y : y + rows, x : x + columns] = np.clip(spread, 0, 1)
    return heat


def overlay_attention(image: NDArray[np.uint8], heat: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Draw a heat map over an image in grey.

    Parameters
    ----------
    image
        (C, H, W) uint8; its brightest channel is shown in each pixel.
    heat
        (H, W), 0..1: from no colour over purple and orange to yellow.

    Returns
    -------
    ndarray (H, W, 3)
        uint8, RGB.
    """
    levels = np.rint(np.clip(heat, 0, 1) * 255).astype(np.uint8)
    colours = cv2.applyColorMap(levels, cv2.COLORMAP_INFERNO)[..., ::-1]
    opacity = _OPACITY * np.sqrt(levels[..., np.newaxis].astype(np.float32) / 255)
    grey = _WHITE * image.max(axis=0)[..., np.newaxis].astype(np.float32)
    return np.rint(grey * (1 - opacity) + colours * opacity).astype(np.uint8)


def draw_attention_scale(height: int, width: int) -> NDArray[np.uint8]:
    """Draw the colours of a heat map from 0, left, to 1, right, over mid grey: (height, width, 3) RGB."""
    ramp = np.broadcast_to(np.linspace(0, 1, width, dtype=np.float32), (height, width))
    return overlay_attention(np.full((1, height, width), 128, np.uint8), ramp)
