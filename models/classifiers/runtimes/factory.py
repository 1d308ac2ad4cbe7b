"""Pick a classifier's runtime by the name of a runtime."""

import logging

import torch

from data.errors import InputError
from models.classifiers.classifier import Classifier
from models.classifiers.runtimes.batch_runtime import BatchRuntime
from models.classifiers.runtimes.openvino_runtime import OpenVinoRuntime
from models.classifiers.runtimes.torch_runtime import TorchRuntime
from models.device import choose_precision
from models.runtimes.names import AUTO, resolve_runtime

log = logging.getLogger("hpacells")


def make_batch_runtime(classifier: Classifier, runtime: str = AUTO) -> BatchRuntime:
    """Make the runtime of a classifier, which it takes over.

    Parameters
    ----------
    classifier
        On the CPU.
    runtime
        One of ``models.runtimes.names.runtime_names`` but int8; ``"auto"`` is the fastest at hand, and torch
        for a network that OpenVINO cannot take over.

    Raises
    ------
    InputError
        The runtime is not known, not at hand, or cannot run this network.
    """
    name = resolve_runtime(runtime)
    if name == "openvino-int8":
        raise InputError(
            found="int8 is for segmenters only",
            where=f"runtime {name}",
            expected="a runtime that computes in float32 or bfloat16",
            advice="use runtime auto",
        )
    bfloat16 = name.endswith("bfloat16")
    if name.startswith("openvino"):
        try:
            return OpenVinoRuntime(classifier, bfloat16=bfloat16)
        except InputError as error:
            if runtime != AUTO:
                raise
            log.warning("%s; torch runs it", error)
    if name == "cuda":
        device = torch.device("cuda")
        return TorchRuntime(classifier, device, choose_precision(device))
    return TorchRuntime(classifier, torch.device("cpu"), torch.bfloat16 if bfloat16 else torch.float32)
