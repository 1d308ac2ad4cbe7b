"""A runtime whose network is loaded when it is needed."""

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.errors import InputError

MULTIPLE = 32
"""Height and width of an image are multiples of this."""

RunNetwork = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""Runs a loaded network on one image, from many threads at a time."""


class LazyRuntime:
    """Implements `ImageRuntime`: loads by `prepare` or the first call, once.

    Parameters
    ----------
    identity
        In what the network is computed.
    load
        Gives the loaded network; gets the number of calls at a time.
    on_gpu
        Whether the network is loaded to a GPU.
    """

    def __init__(self, identity: str, load: Callable[[int], RunNetwork], *, on_gpu: bool = False) -> None:
        self._identity, self._load, self.on_gpu = identity, load, on_gpu
        self._lock = threading.Lock()
        self._run: RunNetwork | None = None

    def __getstate__(self) -> dict[str, Any]:
        # Another process loads it for itself.
        return {"_identity": self._identity, "_load": self._load, "on_gpu": self.on_gpu, "_run": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__ |= state | {"_lock": threading.Lock()}

    def identity(self) -> str:
        """Return in what the network is computed; as `ImageRuntime.identity`."""
        return self._identity

    def prepare(self, workers: int = 1) -> None:
        """Load the network for so many calls at a time; as `ImageRuntime.prepare`."""
        self._loaded(workers)

    def __call__(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the network's raw output of one image; as `ImageRuntime.__call__`.

        Raises
        ------
        InputError
            The image is not (C, H, W) float32 with H and W multiples of 32.
        """
        if image.ndim != 3 or image.dtype != np.float32 or any(side % MULTIPLE for side in image.shape[1:]):
            raise InputError(
                found=f"{image.dtype} of shape {image.shape}",
                where="image for a network",
                expected=f"float32 (channels, height, width), sides multiples of {MULTIPLE}",
            )
        return self._loaded(workers=1)(image)

    def _loaded(self, workers: int) -> RunNetwork:
        with self._lock:
            if self._run is None:
                self._run = self._load(workers)
            return self._run
