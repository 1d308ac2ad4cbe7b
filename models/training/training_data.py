"""The tiles that a classifier is trained on, and those that it is evaluated on."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.tiles.batch_loader import BatchLoader
from data.training.feature_loader import FeatureLoader


@dataclass(frozen=True)
class TrainingData:
    """What is trained on, and what is validated on (may be empty).

    Attributes
    ----------
    loader, targets
        Tiles, or features of a backbone that does not learn, and (n, classes) float32 in 0..1.
    validation_loader, validation_targets
        The same of the held-out cells; of several processes, each has a loader of its part only.
    validation_images
        (n,) number of each held-out cell's image, in the order of the images' IDs.
    name
        Names the cells of some items of ``loader``, for messages.
    """

    loader: BatchLoader | FeatureLoader
    targets: NDArray[np.float32]
    validation_loader: BatchLoader | FeatureLoader
    validation_targets: NDArray[np.float32]
    validation_images: NDArray[np.integer]
    name: Callable[[NDArray[np.intp]], str] = lambda items: ", ".join(map(str, items))
