"""Where the memory is too small for so many tiles at a time."""

import gc
import re

import torch

from data.errors import InputError

_TOLD = re.compile(
    "out of memory|not enough memory|can't allocate memory|_ALLOC_FAILED"
    "|could not create a (primitive|memory object)$"
)
"""What PyTorch, cuDNN, cuBLAS and, last, oneDNN say of it in errors that have no type of their own."""


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an error says that memory, the processor's or a device's, is short."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and bool(_TOLD.search(str(error)))


def free_memory() -> None:
    """Free what nothing refers to any more; call it when the error is forgotten, with its tensors."""
    gc.collect()
    if torch.cuda.is_initialized():
        torch.cuda.empty_cache()


def explain_out_of_memory(tiles: int, when: str, advice: str) -> InputError:
    """Explain that the memory is too small even for so few tiles at a time.

    Parameters
    ----------
    tiles
        Tiles at a time.
    when
        Names the step.
    advice
        What to do.
    """
    return InputError(
        found=f"not enough memory for {tiles} tile{'' if tiles == 1 else 's'} at a time",
        where=when,
        expected="room for them beside the network",
        advice=advice,
    )
