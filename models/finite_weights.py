"""Weights that are numbers: a network with others answers all the same, on some runtimes plausibly."""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from data.errors import InputError

_FRACTIONS = ("weight", "bias", "running_mean", "running_var")


def check_finite(weights: Mapping[str, Tensor], path: Path) -> None:
    """Check that no weight is infinite, not a number, or of a type of whole numbers.

    Parameters
    ----------
    weights
        Name -> tensor.
    path
        The file that they are of, for the message.

    Raises
    ------
    InputError
        One is.
    """
    for name, tensor in weights.items():
        if name.endswith(_FRACTIONS) and not tensor.is_floating_point():
            # A network would take them over, and answer with its fractions cut off.
            raise InputError(
                found=f"the weights {name} of type {str(tensor.dtype).removeprefix('torch.')}",
                where=path,
                expected="floating point",
                advice="give the file that the training wrote",
            )
        if tensor.is_floating_point() and not torch.isfinite(tensor).all():
            count = int((~torch.isfinite(tensor)).sum())
            raise InputError(
                found=f"{count} of the weights {name} infinite or not a number",
                where=path,
                expected="finite weights",
                advice="copy or fetch the file again, or train again with a lower learning rate",
            )
