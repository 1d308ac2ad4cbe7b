"""Where networks run, and in which precision."""

from typing import TypeVar

import torch
from torch import nn

from data.errors import InputError
from models.precision import Precision

Module = TypeVar("Module", bound=nn.Module)


def choose_device(name: str) -> torch.device:
    """Choose the device of this name; ``auto`` is the first CUDA device, or the CPU where there is none.

    Raises
    ------
    InputError
        There is no such device.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise InputError(
            found=f"no device {name!r} ({str(error).splitlines()[0]})",
            where="setting device",
            expected="auto, cpu, cuda or cuda:N",
        ) from None
    return device


def uses_bfloat16(precision: Precision, device: torch.device) -> bool:
    """Return whether to compute in bfloat16; ``auto`` says yes where the hardware is faster with it."""
    if precision != "auto":
        return precision == "bfloat16"
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    get_capabilities = getattr(torch.cpu, "get_capabilities", None)
    if device.type != "cpu" or get_capabilities is None:
        return False
    # Torch keeps to fewer instructions than the processor has where the environment says so, and then only
    # imitates bfloat16, many times as slowly.
    if not torch.backends.cpu.get_cpu_capability().startswith("AVX512"):
        return False
    capabilities = get_capabilities()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


def choose_precision(device: torch.device) -> torch.dtype:
    """Choose bfloat16 where the device is fast with it, else float16 on CUDA and float32 elsewhere."""
    if uses_bfloat16("auto", device):
        return torch.bfloat16
    return torch.float16 if device.type == "cuda" else torch.float32


def to_device(module: Module, device: torch.device) -> Module:
    """Move a module to a device, its weights laid out for tiles whose channels come last in memory."""
    module.to(device)
    for parameter in module.parameters():
        if parameter.ndim == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    return module
