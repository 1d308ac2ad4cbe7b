"""A change of colour that keeps channels apart: a brightness factor a channel, 1 on average."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from data.augment.library import transforms

_GREY_VALUES = np.arange(256, dtype=np.float32)


class ChannelGains(transforms.ImageOnlyTransform):
    """Multiply each channel with a factor of its own; the factors of a tile have the mean 1.

    In place of a shift of hue, which turns the colour circle and so carries light from channel to channel:
    the stains are measured one by one, and a channel says which stain it is. As there, the balance of the
    channels changes and their total brightness stays (for channels of equal brightness; the factors may not
    depend on the tile, or one channel would change another).

    Parameters
    ----------
    most
        Half the range, at most 0.5, from which factors are drawn before their mean is made 1.
    p
        Probability of the change.
    """

    def __init__(self, most: float, p: float) -> None:
        super().__init__(p=p)
        self.most = most

    def get_params_dependent_on_data(self, params: dict[str, Any], data: dict[str, Any]) -> dict[str, Any]:
        """Draw the factors."""
        changes = self.random_generator.uniform(-self.most, self.most, params["shape"][2])
        return {"gains": 1 + changes - changes.mean()}

    def apply(self, img: NDArray[np.uint8], gains: NDArray[np.float64], **_: Any) -> NDArray[np.uint8]:
        """Multiply a tile (S, S, C)."""
        tables = np.clip(_GREY_VALUES[:, None] * gains + 0.5, 0, 255).astype(np.uint8)
        return cv2.LUT(img, tables[None]).reshape(img.shape).astype(np.uint8, copy=False)
