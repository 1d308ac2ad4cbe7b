"""Networks converted for OpenVINO, and quantised ones, kept in the user's cache folder."""

import fcntl
import hashlib
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal

import torch
from torch import nn

from data import cache_folder as cache
from data.atomic import atomic_folder
from data.errors import InputError
from models.runtimes.openvino_library import convert_network, import_openvino, openvino_versions
from models.runtimes.quantisation import quantise
from models.segmenters.runtimes.calibration import Calibration

log = logging.getLogger("hpacells")

Precision = Literal["float32", "bfloat16", "int8"]

FORMAT = 1
"""Changes with what is done to a network before it is kept."""


def cache_folder() -> Path:
    """Return the folder of converted networks, in that of all that is kept."""
    return cache.cache_folder() / "openvino"


def converted_model(
    make_network: Callable[[], nn.Module],
    weights_hash: str,
    precision: Precision,
    calibration: Calibration | None,
) -> Path:
    """Return the file of a network converted for a precision; it is made where the cache lacks it.

    Parameters
    ----------
    make_network
        Makes the network in evaluation mode.
    weights_hash
        Tells its weights, and the network itself, from others.
    precision
        float32 keeps the weights as they are; bfloat16 keeps them in float16, which is finer; int8 is
        quantised on `calibration`.
    calibration
        Needed for int8 only.

    Raises
    ------
    InputError
        There is no image to calibrate on.
    """
    content = [FORMAT, weights_hash, precision, calibration.key if calibration else None, openvino_versions()]
    key = hashlib.sha256(json.dumps(content).encode()).hexdigest()[:24]
    folder = cache_folder() / f"{precision}-{key}"
    path = folder / "network.xml"
    if path.is_file():
        return path
    with _waiting_for_others(folder):
        if path.is_file():
            return path
        model = _convert(make_network())
        if precision == "int8":
            model = _quantise(model, calibration)
        with atomic_folder(folder) as temporary:
            import_openvino().save_model(
                model, temporary / path.name, compress_to_fp16=precision == "bfloat16"
            )
    return path


@contextmanager
def _waiting_for_others(folder: Path) -> Iterator[None]:
    """Wait until no other process converts to this folder: it takes gigabytes, and all would do the same."""
    path = folder.with_name(f".{folder.name}.lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        # Where the file system has no locks, several processes do it, and the last has it.
        with suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            path.unlink(missing_ok=True)
            # Where nothing came of it.
            with suppress(OSError):
                path.parent.rmdir()


def _convert(network: nn.Module) -> Any:
    network.eval().requires_grad_(False)
    channels = next(module for module in network.modules() if isinstance(module, nn.Conv2d)).in_channels
    model = convert_network(network, torch.zeros(1, channels, 64, 64))
    model.reshape([1, channels, -1, -1])
    return model


def _quantise(model: Any, calibration: Calibration | None) -> Any:
    images = [image[None] for image in calibration.images()] if calibration else []
    if not images:
        raise InputError(
            found="no image to calibrate on",
            where="runtime openvino-int8",
            expected="a folder with at least one readable field",
            advice="use another runtime",
        )
    log.info("fitting the network to int8 on %d fields; this is done once for these fields", len(images))
    return quantise(model, images)
