"""A change of contrast that keeps channels apart: around each channel's own mean."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from data.augment.library import transforms

_GREY_VALUES = np.arange(256, dtype=np.float32)


class ChannelContrast(transforms.ImageOnlyTransform):
    """Move grey values away from their channel's mean, or towards it, by one factor for all channels.

    Around a fixed grey, as for photographs, less contrast would turn black background grey and light up a
    channel that is empty.

    Parameters
    ----------
    least, most
        Range of the factor; 1 keeps the contrast.
    p
        Probability of the change.
    """

    def __init__(self, least: float, most: float, p: float) -> None:
        super().__init__(p=p)
        self.least, self.most = least, most

    def get_params(self) -> dict[str, float]:
        """Draw the factor."""
        return {"factor": self.py_random.uniform(self.least, self.most)}

    def apply(self, img: NDArray[np.uint8], factor: float, **_: Any) -> NDArray[np.uint8]:
        """Change a tile (S, S, C)."""
        means = img.mean(axis=(0, 1))
        tables = np.clip((_GREY_VALUES[:, None] - means) * factor + means + 0.5, 0, 255).astype(np.uint8)
        return cv2.LUT(img, tables[None]).reshape(img.shape).astype(np.uint8, copy=False)
