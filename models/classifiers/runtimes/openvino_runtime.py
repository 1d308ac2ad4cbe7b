"""A classifier run by OpenVINO on the processor."""

import logging
import warnings
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from data.cores import available_cores
from data.errors import InputError
from models.classifiers.classifier import Classifier, Scores
from models.device import uses_bfloat16
from models.runtimes.names import CPU
from models.runtimes.openvino_library import convert_network, import_openvino
from models.runtimes.quantisation import quantise

Precision = Literal["float32", "bfloat16", "int8"]

log = logging.getLogger("hpacells")


class OpenVinoRuntime:
    """Implements `BatchRuntime` with OpenVINO on all cores, which joins normalisations with the convolutions.

    The network is converted anew for each run (seconds) and kept in memory only: classifiers come and go with
    every training, and kept files would pile up.

    Parameters
    ----------
    classifier
        On the CPU.
    precision
        In which it computes; int8 with the rest in bfloat16, where the processor has that.
    calibration
        (N, S, S, C) uint8, tiles on which the ranges of int8 are set; needed for that only.

    Raises
    ------
    InputError
        OpenVINO cannot take the network over, or there is no tile to calibrate on.
    """

    def __init__(
        self,
        classifier: Classifier,
        precision: Precision = "float32",
        calibration: NDArray[np.uint8] | None = None,
    ) -> None:
        self._classifier, self._precision = classifier.eval(), precision
        self._calibrated_on = 0 if calibration is None else len(calibration)
        halves = precision == "bfloat16" or (precision == "int8" and uses_bfloat16("auto", CPU))
        settings = {
            "INFERENCE_PRECISION_HINT": "bf16" if halves else "f32",
            "INFERENCE_NUM_THREADS": available_cores(),
            # One batch at a time has all cores: it is the batch that is divided.
            "NUM_STREAMS": 1,
            # Left to the system, which has other threads that prepare the next batches.
            "ENABLE_CPU_PINNING": False,
        }
        try:
            model = _convert(classifier)
            if precision == "int8":
                model = _quantise(model, classifier, calibration)
            self._compiled = import_openvino().Core().compile_model(model, "CPU", settings)
        except InputError:
            raise
        except Exception as error:
            raise InputError(
                found=f"OpenVINO cannot run {classifier.architecture.backbone.name} ({_last_line(error)})",
                where="runtime openvino",
                expected="a network of operations that it knows",
                advice="use runtime torch",
            ) from error

    @property
    def classifier(self) -> Classifier:
        """Return the classifier that it runs."""
        return self._classifier

    def identity(self) -> str:
        """Return in what the network is computed; as `BatchRuntime.identity`."""
        calibrated = f" calibrated on {self._calibrated_on} tiles" if self._precision == "int8" else ""
        return f"openvino {self._precision}{calibrated}"

    def __call__(self, tiles: NDArray[np.uint8]) -> Scores:
        """Score a batch (N, S, S, C) uint8; as `BatchRuntime.__call__`."""
        outputs = self._compiled([np.ascontiguousarray(tiles)], share_inputs=True)
        # Copies, as the next batch's results are written to the same memory.
        logits, embedding = (torch.from_numpy(np.array(outputs[index], np.float32)) for index in range(2))
        return Scores(logits, embedding)


class _ChannelsLast(nn.Module):
    """The classifier as it is converted: from uint8 tiles whose channels come last."""

    def __init__(self, classifier: Classifier) -> None:
        super().__init__()
        self.classifier = classifier

    def forward(self, tiles: Tensor) -> tuple[Tensor, Tensor]:
        logits, embedding = self.classifier(tiles.permute(0, 3, 1, 2).float())
        return logits, embedding


def _convert(classifier: Classifier) -> Any:
    tiles = classifier.architecture.tiles
    side = tiles.side
    example = torch.zeros(2, side, side, len(tiles.channels), dtype=torch.uint8)
    with torch.no_grad(), warnings.catch_warnings():
        # Of shapes that tracing fixes, where only the number of tiles changes, and of how OpenVINO traces.
        warnings.simplefilter("ignore")
        model = convert_network(_ChannelsLast(classifier).eval(), example)
    # Any number of tiles: the last batches of a set are smaller.
    model.reshape([-1, *example.shape[1:]])
    return model


def _quantise(model: Any, classifier: Classifier, calibration: NDArray[np.uint8] | None) -> Any:
    if calibration is None or not len(calibration):
        raise InputError(
            found="no tile to calibrate on",
            where="runtime openvino-int8",
            expected="at least one cell that is not dropped",
            advice="use another runtime",
        )
    log.info("fitting the classifier to int8 on %d tiles", len(calibration))
    has_attention = any("attn" in name or "attention" in name for name, _ in classifier.named_modules())
    return quantise(model, [tile[None] for tile in calibration], is_transformer=has_attention)


def _last_line(error: Exception) -> str:
    # OpenVINO's errors begin with places in its own source and end with what is the matter.
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1][:200] if lines else type(error).__name__
