"""The planes of channels that an image lacks, which keep the others in their places."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from data.channels import CHANNELS


def insert_absent(image: NDArray[np.uint8], channels: Sequence[str]) -> NDArray[np.uint8]:
    """Insert black planes into an image for the channels that it lacks.

    Parameters
    ----------
    image
        (C, H, W) uint8, or several images (n, C, H, W).
    channels
        What its planes are.

    Returns
    -------
    ndarray (4, H, W) or (n, 4, H, W)
        R G B Y; the image itself where it lacks none and is in that order.
    """
    if tuple(channels) == CHANNELS:
        return image
    whole = np.zeros((*image.shape[:-3], len(CHANNELS), *image.shape[-2:]), image.dtype)
    whole[..., [CHANNELS.index(channel) for channel in channels], :, :] = image
    return whole
