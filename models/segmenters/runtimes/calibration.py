"""Images on which a quantised network's ranges are set."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Calibration:
    """Network inputs of the user's own fields.

    Attributes
    ----------
    key
        Hash of what the images are; equal keys stand for equal images.
    images
        Gives the images when they are needed: (C, H, W) float32 each, as `ImageRuntime` takes them.
    """

    key: str
    images: Callable[[], Iterable[NDArray[np.float32]]]
