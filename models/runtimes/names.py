"""Names of runtimes: how a network is run, and which of them this machine has."""

import torch

from data.errors import InputError
from models.device import uses_bfloat16
from models.runtimes.openvino_library import has_openvino, require_openvino
from models.runtimes.trial import choose_by_trial

AUTO = "auto"
"""The name that stands for the fastest runtime at hand that computes at least in bfloat16: a GPU's, else the
one that won a short trial on this machine (`models.runtimes.trial`)."""

RUNTIMES = ("cuda", "openvino-bfloat16", "openvino", "openvino-int8", "torch-bfloat16", "torch")
"""Every runtime's name."""

CPU = torch.device("cpu")


def runtime_names() -> tuple[str, ...]:
    """Return the names that `make_runtime` takes, ``"auto"`` first."""
    return (AUTO, *RUNTIMES)


def resolve_runtime(name: str = AUTO) -> str:
    """Return the runtime that a name stands for on this machine; int8 is taken only where it is asked for.

    Raises
    ------
    InputError
        The name is not known, or this machine lacks what that runtime needs.
    """
    if name == AUTO:
        return _fastest()
    if name not in RUNTIMES:
        raise InputError(found=f"no runtime {name!r}", where="runtime", expected=" or ".join(runtime_names()))
    if name.startswith("openvino"):
        require_openvino(name)
    if name == "cuda" and not torch.cuda.is_available():
        raise InputError(
            found="torch finds no CUDA device",
            where="runtime cuda",
            expected="an NVIDIA GPU with its driver, and a torch that is built for CUDA",
            advice="use another runtime; auto finds the best that is there",
        )
    if name.endswith("bfloat16") and not uses_bfloat16("auto", CPU):
        raise InputError(
            found="this CPU does not compute in bfloat16",
            where=f"runtime {name}",
            expected="AVX512-BF16 or AMX",
            advice=f"use runtime {name.removesuffix('-bfloat16')}",
        )
    return name


def runtimes_of_processor() -> tuple[str, ...]:
    """Return the runtimes from which `auto` chooses where there is no GPU, the likeliest to be fast first."""
    libraries = ("openvino", "torch") if has_openvino() else ("torch",)
    if not uses_bfloat16("auto", CPU):
        return libraries
    return tuple(f"{library}-bfloat16" for library in libraries) + libraries


def _fastest() -> str:
    return "cuda" if torch.cuda.is_available() else choose_by_trial(runtimes_of_processor())
