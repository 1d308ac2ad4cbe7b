"""OpenVINO and its quantiser NNCF, which an extra installs, imported so that they report to nobody."""

import gc
import importlib.util
import logging
import sys
from importlib.metadata import version
from types import ModuleType
from typing import Any

from torch import Tensor, nn

from data.errors import InputError

EXTRA = "hpacells[openvino]"
"""What brings both libraries."""

_TELEMETRY = "openvino_telemetry"


def has_openvino() -> bool:
    """Return whether both libraries are installed; imports neither."""
    return all(importlib.util.find_spec(name) is not None for name in ("openvino", "nncf"))


def require_openvino(runtime: str) -> None:
    """Refuse a runtime whose libraries are not installed.

    Raises
    ------
    InputError
        OpenVINO or NNCF is missing.
    """
    if not has_openvino():
        raise InputError(
            found="OpenVINO is not installed",
            where=f"runtime {runtime}",
            expected=f"the extra {EXTRA}",
            advice=f"run `pip install '{EXTRA}'`, or use another runtime",
        )


def openvino_versions() -> str:
    """Return the versions of both libraries in one line."""
    return f"openvino {version('openvino')} nncf {version('nncf')}"


def import_openvino() -> Any:
    """Import OpenVINO."""
    _mute_telemetry()
    import openvino

    # Its table of types is made at the first use, by code that lets go of the interpreter lock: two threads
    # that come to it at the same time wait for each other for ever.
    openvino.Type.f32.to_dtype()
    return openvino


def import_nncf() -> Any:
    """Import NNCF, which says nothing but errors."""
    _mute_telemetry()
    import nncf

    # To silence it, it lowers all handlers of the root logger, which are the application's.
    levels = [(handler, handler.level) for handler in logging.root.handlers]
    nncf.set_log_level(logging.ERROR)
    for handler, level in levels:
        handler.setLevel(level)
    return nncf


def convert_network(network: nn.Module, example: Tensor) -> Any:
    """Convert a network to OpenVINO's; the root logger stays as it is, also where that fails.

    Parameters
    ----------
    network, example
        What is converted, and an input that shows the types and the number of dimensions.
    """
    openvino = import_openvino()
    from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder

    root = logging.getLogger()
    level, filters, handlers = root.level, list(root.filters), list(root.handlers)
    traced: TorchScriptPythonDecoder | None = None
    try:
        # Left to itself it traces the network with torch's check, which runs it four times in place of once:
        # with a vision transformer most of the conversion.
        traced = TorchScriptPythonDecoder(network, example_input=example, trace_kwargs={"check_trace": False})
        return openvino.convert_model(traced, example_input=example)
    finally:
        # Where the conversion fails, it leaves the root logger at ERROR: no warning would be shown any more.
        root.setLevel(level)
        root.filters, root.handlers = filters, handlers
        # What traced the network refers to itself, and so to all weights, 540 MB of a DPN-UNet: they would
        # stay until the collector comes by.
        traced = None
        gc.collect()


def _mute_telemetry() -> None:
    # Both send usage data from their first import on unless the user has opted out; without this module they
    # fall back to senders of their own that do nothing.
    if _TELEMETRY not in sys.modules:
        missing: ModuleType | None = None
        sys.modules[_TELEMETRY] = missing  # pyright: ignore[reportArgumentType]
