"""Signs that a picture of a cell cut elsewhere shows neighbours, so that no mask can be inferred from it."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from data.channels import CHANNELS

MAX_BORDER_SHARE = 0.5
"""Share of the picture's border that one cell may fill: of 413 masked real cells none fills over 0.34."""

MAX_BORDER_SHARE_UNMASKED = 0.02
"""The same where the ground is not black: what reaches the border there may be another cell."""

MAX_OTHER_STAIN = 0.3
"""Nuclear stain of a second piece beside that of the cell: of 413 masked real cells none has over 0.04."""

MAX_NUCLEI = 2
"""Nuclei that one cell may have, when it divides or has just done so."""

_BLUE = CHANNELS.index("blue")
_MARGIN_PX = 9


def find_neighbour_signs(
    picture: NDArray[np.uint8],
    mask: NDArray[np.bool_],
    nuclei: NDArray[np.bool_],
    pieces: NDArray[Any],
    black_level: int,
) -> str:
    """Find what shows that an inferred mask may be of more than one cell, or of another than the one meant.

    Parameters
    ----------
    picture
        (4, H, W) uint8, R G B Y.
    mask, nuclei
        (H, W) bool, the inferred cell and what is stained as nuclei in it.
    pieces
        (H, W) numbers of all bright pieces of the picture, of which the mask is one; 0 the ground.
    black_level
        Grey value up to which a pixel counts as black.

    Returns
    -------
    str
        A clause, or empty where nothing shows it.
    """
    border = np.concatenate([mask[0], mask[-1], mask[1:-1, 0], mask[1:-1, -1]]).mean()
    if border > MAX_BORDER_SHARE:
        return f"what is bright fills {border:.0%} of the picture's border"
    near = cv2.dilate(mask.astype(np.uint8), np.ones((_MARGIN_PX, _MARGIN_PX), np.uint8)).astype(bool)
    ground = picture.max(axis=0)[~near]
    is_masked = not ground.size or np.median(ground) == 0
    if not is_masked and border > MAX_BORDER_SHARE_UNMASKED:
        return "the ground is not black, and what is bright reaches the picture's border"
    stain = np.bincount(
        pieces.ravel(), weights=np.maximum(picture[_BLUE].astype(np.int16) - black_level, 0).ravel()
    )
    stain[0] = 0
    others = np.delete(stain, pieces[mask][0])
    if others.size and others.max() > MAX_OTHER_STAIN * stain[pieces[mask][0]]:
        return "there are several pieces with nuclear stain"
    count = cv2.connectedComponents(nuclei.astype(np.uint8), connectivity=4)[0] - 1
    return f"it has {count} nuclei" if count > MAX_NUCLEI else ""
