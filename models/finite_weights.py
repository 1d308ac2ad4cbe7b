"""Weights that are numbers: a network with others answers all the same, on some runtimes plausibly."""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from data.errors import InputError


def check_finite(weights: Mapping[str, Tensor], path: Path) -> None:
    """Check that no weight is infinite or not a number.

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
        if tensor.is_floating_point() and not torch.isfinite(tensor).all():
            count = int((~torch.isfinite(tensor)).sum())
            raise InputError(
                found=f"{count} of the weights {name} infinite or not a number",
                where=path,
                expected="finite weights",
                advice="copy or fetch the file again, or train again with a lower learning rate",
            )
