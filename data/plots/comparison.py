"""A picture of one field with the outlines of two segmentations."""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.channels import CHANNELS
from data.images.grey_levels import to_uint8
from data.plots.composites import composite, draw_outlines, find_outlines, shrink, stretch_contrast

COLOUR_A, COLOUR_B = (255, 255, 255), (255, 150, 0)
"""White and orange: apart from each other and from red, green and blue, also for the colour-blind."""

_CAPTION_PX, _FONT = 22, cv2.FONT_HERSHEY_SIMPLEX


def complete_channels(image: NDArray[Any], channels: Sequence[str]) -> NDArray[np.uint8]:
    """Make the image to show, (4, H, W) uint8, of some channels (C, H, W) of 8 or 16 bit; others are dark."""
    complete = np.zeros((len(CHANNELS), *image.shape[1:]), np.uint8)
    for channel, plane in zip(channels, image, strict=True):
        complete[CHANNELS.index(channel)] = to_uint8(plane)
    return complete


def draw_comparison(
    image: NDArray[np.uint8],
    a: NDArray[np.uint16],
    b: NDArray[np.uint16],
    judged: pd.DataFrame,
    caption: str,
    side: int,
) -> NDArray[np.uint8]:
    """Draw the cells of A in white and those of B in orange, and name what is not matched.

    Parameters
    ----------
    image
        (4, H, W) uint8, R G B Y.
    a, b
        (H, W) uint16 label images.
    judged
        As `data.compare.verdicts.judge_cells` gives it for these two.
    caption
        One line above the picture.
    side
        Width and height of the picture in px.

    Returns
    -------
    ndarray (side, side, 3)
        uint8, RGB.
    """
    picture = shrink(composite(stretch_contrast(image)), side - _CAPTION_PX)
    scale = picture.shape[1] / a.shape[1]
    outlines = [find_outlines(labels) for labels in (a, b)]
    for found, colour in zip(outlines, (COLOUR_A, COLOUR_B), strict=True):
        picture = draw_outlines(picture, found, scale, colour)
    centres = [{each.cell_id: each.points.mean(axis=0) for each in found} for found in outlines]
    rows = zip(judged["verdict"], judged["cell_a"], judged["cell_b"], strict=True)
    for verdict, cell_a, cell_b in rows:
        if verdict != "matched":
            of_b = verdict == "extra"
            x, y = centres[of_b][cell_b if of_b else cell_a] * scale
            # A missed and an extra cell often lie at one place.
            place = round(x) - 24, round(y) + (16 if of_b else 0)
            _write(picture, verdict, place, COLOUR_B if of_b else COLOUR_A)
    panel = np.zeros((side, side, 3), np.uint8)
    panel[_CAPTION_PX : _CAPTION_PX + picture.shape[0], : picture.shape[1]] = picture
    _write(panel, caption, (4, _CAPTION_PX - 7), COLOUR_A)
    return panel


def _write(picture: NDArray[np.uint8], text: str, place: tuple[int, int], colour: tuple[int, ...]) -> None:
    # Dark below light, to be legible on any ground.
    for width, ink in ((3, (0, 0, 0)), (1, colour)):
        cv2.putText(picture, text, place, _FONT, 0.45, ink, width, cv2.LINE_AA)
