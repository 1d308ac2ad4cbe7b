"""OpenVINO on the processor: float32, bfloat16 or int8."""

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from data.cores import available_cores
from data.errors import InputError
from models.runtimes.openvino_library import import_openvino
from models.segmenters.runtimes.calibration import Calibration
from models.segmenters.runtimes.openvino_models import Precision, converted_model

_COMPUTED_IN = {"float32": "f32", "bfloat16": "bf16", "int8": "f32"}
"""What is not quantised in an int8 network stays float32: in bfloat16 it is no faster."""

_LARGE_PX = 2**21
"""Pixels of an image whose intermediate results, some 280 bytes a pixel, are given back: those of a 10,000 px
field took more memory than everything after the network. A field of HPA has 2**18 at the working size."""


_LARGE_BYTES = 2**27
"""Weights of a network from which on two cores share an image. For each image at a time the DPN-UNet's two
networks hold 240 MB in bfloat16, 480 in float32; half as many at a time took 1 and 3 % longer on 2 cores."""


class OpenVinoNetwork:
    """Runs a network with OpenVINO, so many images at a time, each on its share of the cores.

    One compiled network serves all threads; a call borrows one of its requests.

    Parameters
    ----------
    make_network, weights_hash, precision, calibration
        As `converted_model` takes them.
    workers
        Calls at a time.

    Raises
    ------
    InputError
        OpenVINO cannot compile the network.
    """

    def __init__(
        self,
        make_network: Callable[[], nn.Module],
        weights_hash: str,
        precision: Precision,
        calibration: Calibration | None,
        workers: int,
    ) -> None:
        path = converted_model(make_network, weights_hash, precision, calibration)
        cores = available_cores()
        is_large = path.with_suffix(".bin").stat().st_size > _LARGE_BYTES
        settings = {
            "INFERENCE_PRECISION_HINT": _COMPUTED_IN[precision],
            "INFERENCE_NUM_THREADS": cores,
            "NUM_STREAMS": max(1, min(workers, cores // 2 if is_large else cores)),
            # Left to the system: a segmenter's networks take turns, other programs may have the same cores,
            # and pinned streams were no faster.
            "ENABLE_CPU_PINNING": False,
        }
        try:
            self._compiled = import_openvino().Core().compile_model(path, "CPU", settings)
        except RuntimeError as error:
            raise InputError(
                found=f"OpenVINO cannot use it ({str(error).splitlines()[0]})",
                where=path,
                expected="a network that it wrote itself",
                advice=f"remove the folder {path.parent}, it is made again",
            ) from None
        self._idle: list[Any] = []
        self._lock = threading.Lock()

    def __call__(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the network's output (K, H, W) of one image (C, H, W)."""
        with self._lock:
            request = self._idle.pop() if self._idle else self._compiled.create_infer_request()
        try:
            outputs = request.infer([np.ascontiguousarray(image)[None]], share_inputs=True)
            # A copy, as the request writes its next result to the same memory.
            return np.array(outputs[0][0], np.float32)
        finally:
            if image[0].size <= _LARGE_PX:
                with self._lock:
                    self._idle.append(request)
            else:
                self._compiled.release_memory()
