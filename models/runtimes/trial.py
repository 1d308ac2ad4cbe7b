"""A short trial of the runtimes on this machine, kept, so that `auto` takes the one that is fast here.

What a processor says that it can do is not how fast it does it: some compute in bfloat16 more slowly than in
float32, and which library is ahead differs from one processor to the next.
"""

import hashlib
import json
import logging
import platform
import time
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from data.atomic import atomic_write
from data.cache_folder import cache_folder
from models.runtimes.openvino_library import convert_network, has_openvino, import_openvino, openvino_versions

log = logging.getLogger("hpacells")

FORMAT = 1
"""Changes with what is tried, and how."""

CLEARLY_FASTER = 1.15
"""How many times as fast a runtime must be to take the place of the one that comes before it: a busy machine
must not decide, nor two machines of one kind choose differently."""

_SIDE, _ROUNDS = 160, 5
_CPU_LINES = ("vendor_id", "cpu family", "model", "model name", "stepping", "flags", "CPU part", "Features")


def choose_by_trial(names: Sequence[str]) -> str:
    """Return the fastest of some runtimes on this machine; the first unless another is clearly faster.

    Parameters
    ----------
    names
        Runtimes of the processor, without int8, the likeliest first.
    """
    try:
        seconds = dict(find_times(tuple(names)))
    except Exception as error:
        # A trial that fails says nothing about the run.
        log.debug("the runtimes could not be tried: %s: %s", type(error).__name__, error)
        return names[0]
    chosen = names[0]
    for name in names[1:]:
        if seconds[name] * CLEARLY_FASTER < seconds[chosen]:
            chosen = name
    return chosen


@cache
def find_times(names: tuple[str, ...]) -> tuple[tuple[str, float], ...]:
    """Return the seconds of each runtime in the trial: the kept ones, or those of a trial now."""
    path = _kept_path(names)
    try:
        kept = json.loads(path.read_text())
        return tuple((name, float(kept[name])) for name in names)
    except (OSError, ValueError, KeyError, TypeError):
        pass
    seconds = time_runtimes(names)
    try:
        with atomic_write(path) as temporary:
            temporary.write_text(json.dumps(seconds, indent=2) + "\n")
    except OSError as error:
        log.debug("the trial of the runtimes is not kept: %s", error)
    return tuple(seconds.items())


def time_runtimes(names: Sequence[str]) -> dict[str, float]:
    """Time a small network, of the kinds of layers that ours have, on one thread of each runtime in turn.

    That takes about a second in all.

    Returns
    -------
    dict
        Name -> seconds of processor time, which other programs hardly change, of the best of a few rounds.
    """
    image = torch.rand(1, 32, _SIDE, _SIDE, generator=torch.Generator().manual_seed(1))
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        calls = {name: _prepare(name, image) for name in names}
        rounds = [{name: _seconds(call) for name, call in calls.items()} for _ in range(_ROUNDS)]
    finally:
        torch.set_num_threads(threads)
    return {name: min(times[name] for times in rounds) for name in names}


def _seconds(call: Callable[[], Any]) -> float:
    start = time.process_time()
    call()
    return time.process_time() - start


def _prepare(name: str, image: Tensor) -> Callable[[], Any]:
    """Return what runs the network once, after it has run a first time, which takes longer."""
    library, _, precision = name.partition("-")
    prepare = _prepare_openvino if library == "openvino" else _prepare_torch
    call = prepare(_network(), image, bfloat16=precision == "bfloat16")
    call()
    return call


def _prepare_torch(network: nn.Module, image: Tensor, *, bfloat16: bool) -> Callable[[], Any]:
    kind = torch.bfloat16 if bfloat16 else torch.float32
    network = network.to(kind).to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    image = image.to(kind).contiguous(memory_format=torch.channels_last)

    def call() -> Any:
        with torch.inference_mode():
            return network(image)

    return call


def _prepare_openvino(network: nn.Module, image: Tensor, *, bfloat16: bool) -> Callable[[], Any]:
    settings = {
        "INFERENCE_PRECISION_HINT": "bf16" if bfloat16 else "f32",
        "INFERENCE_NUM_THREADS": 1,
        "NUM_STREAMS": 1,
        "ENABLE_CPU_PINNING": False,
    }
    model = convert_network(network, image)
    request = import_openvino().Core().compile_model(model, "CPU", settings).create_infer_request()
    inputs = [image.numpy()]
    return lambda: request.infer(inputs, share_inputs=True)


def _network() -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        return nn.Sequential(
            nn.Conv2d(32, 64, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(64, 64, 3, padding=1, groups=64),
            nn.ReLU(),
            nn.Conv2d(64, 64, 1),
            nn.ReLU(),
            nn.Conv2d(64, 32, 3, padding=1),
        ).eval()


def _kept_path(names: Sequence[str]) -> Path:
    libraries = [torch.__version__, openvino_versions() if has_openvino() else ""]
    content = [FORMAT, list(names), libraries, platform.machine(), _processor()]
    key = hashlib.sha256(json.dumps(content).encode()).hexdigest()[:24]
    return cache_folder() / "runtimes" / f"trial-{key}.json"


def _processor() -> list[str]:
    """Return what the system says of the first processor and what it can do."""
    try:
        first = Path("/proc/cpuinfo").read_text().split("\n\n", 1)[0]
    except OSError:
        return [platform.processor()]
    return [line for line in first.splitlines() if line.split("\t")[0].split(":")[0].strip() in _CPU_LINES]
