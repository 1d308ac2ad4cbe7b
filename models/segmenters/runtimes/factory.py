"""Make the runtime of a name."""

from collections.abc import Callable

import torch
from torch import nn

from data.errors import InputError
from models.device import choose_precision
from models.runtimes.names import resolve_runtime
from models.segmenters.runtimes.calibration import Calibration
from models.segmenters.runtimes.image_runtime import ImageRuntime
from models.segmenters.runtimes.lazy import LazyRuntime, RunNetwork
from models.segmenters.runtimes.openvino_cpu import OpenVinoNetwork
from models.segmenters.runtimes.openvino_models import Precision
from models.segmenters.runtimes.torch_cpu import TorchCpuNetwork
from models.segmenters.runtimes.torch_device import TorchDeviceNetwork

MakeNetwork = Callable[[], nn.Module]


def make_runtime(
    name: str,
    network: nn.Module | MakeNetwork,
    weights_hash: str,
    calibration: Calibration | None = None,
) -> ImageRuntime:
    """Make the runtime of a name for one network; nothing is loaded yet.

    Parameters
    ----------
    name
        One of `runtime_names`.
    network
        The network, which is taken over and changed, or what makes it in evaluation mode when it is needed.
    weights_hash
        Tells the network and its weights from others; converted networks are kept under it.
    calibration
        Network inputs on which ranges are set, for int8.

    Raises
    ------
    InputError
        As `resolve_runtime`; or int8 is asked for without images to calibrate on.
    """
    name = resolve_runtime(name)
    make_network = _as_maker(network)
    if name.startswith("openvino"):
        return _openvino_runtime(name, make_network, weights_hash, calibration)
    if name == "cuda":
        device = torch.device("cuda")
        precision = choose_precision(device)
        return LazyRuntime(
            f"torch cuda {str(precision).removeprefix('torch.')}",
            lambda _: TorchDeviceNetwork(make_network(), device, precision),
            on_gpu=True,
        )
    bfloat16 = name.endswith("bfloat16")
    return LazyRuntime(
        "torch bfloat16" if bfloat16 else "torch float32",
        lambda _: TorchCpuNetwork(make_network(), bfloat16=bfloat16),
    )


def _openvino_runtime(
    name: str, make_network: MakeNetwork, weights_hash: str, calibration: Calibration | None
) -> ImageRuntime:
    precision: Precision = "float32"
    if name == "openvino-bfloat16":
        precision = "bfloat16"
    elif name == "openvino-int8":
        precision = "int8"
        if calibration is None:
            raise InputError(
                found="no images to calibrate on",
                where=f"runtime {name}",
                expected="a folder of fields",
                advice="use it with `hpacells segment`, or take another runtime",
            )
    fitted = calibration if precision == "int8" else None
    identity = f"openvino {precision}" + (f" {fitted.key}" if fitted else "")

    def load(workers: int) -> RunNetwork:
        return OpenVinoNetwork(make_network, weights_hash, precision, fitted, workers)

    return LazyRuntime(identity, load)


def _as_maker(network: nn.Module | MakeNetwork) -> MakeNetwork:
    return (lambda: network) if isinstance(network, nn.Module) else network
