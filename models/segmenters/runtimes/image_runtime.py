"""What every runtime takes and gives."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class ImageRuntime(Protocol):
    """Runs one network, one image a call.

    It is called from as many threads as its caller likes and keeps no state from one call to the next. Its
    network is loaded by `prepare` or by the first call; to ask for its identity loads nothing.
    """

    def identity(self) -> str:
        """Return in what the network is computed, in one line: library, precision, calibration.

        Equal identities and equal weights give equal results up to the rounding of that precision.
        """
        ...

    def prepare(self, workers: int = 1) -> None:
        """Load the network for so many calls at a time; nothing is done where that was done before.

        Raises
        ------
        InputError
            The network cannot be made or run here.
        """
        ...

    def __call__(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the network's raw output (logits) of one image.

        Parameters
        ----------
        image
            (C, H, W) float32; H and W are multiples of 32 and may differ from call to call.

        Returns
        -------
        ndarray
            (K, H, W) float32.
        """
        ...
