"""The weights of the E-loss: tiles of a large class resemble each other, so that they count for fewer."""

import math

import torch
from torch import Tensor


def effective_number_weights(counts: Tensor, alpha: float, *, shared: bool) -> Tensor:
    """Weight class c with n_c tiles by 1 / Q, where Q = (1 - α^n_c) / (1 - α) is its effective number.

    The weight is that of all that the class adds to the loss: of its part in a cross entropy, and of both its
    positive and its negative tiles in a binary one.

    Parameters
    ----------
    counts
        (classes,) number of tiles of each class, or the sum of their probabilities.
    alpha
        0 up to, not including, 1; 0 gives equal weights, and the limit 1 weights inverse to the numbers.
    shared
        Whether a tile's classes share one loss (softmax) or each has one on every tile (sigmoid).

    Returns
    -------
    Tensor (classes,)
        float32, finite. The mean of the weights over the losses that they multiply is 1: over the tiles where
        classes share a loss, else over the classes. A class without tiles weighs as much as the rarest one,
        and fewer tiles than one count for one.

    References
    ----------
    Zhang et al. (2021), equations 5 and 6; Cui, Jia, Lin, Song and Belongie, Class-balanced loss based on
    effective number of samples, CVPR 2019, equations 2 and 12.
    """
    counts = counts.double()
    present = counts > 0
    if not present.any():
        return torch.ones_like(counts, dtype=torch.float32)
    numbers = counts.clamp(min=1)
    numbers = torch.where(present, numbers, numbers[present].min())
    # expm1 keeps the digits of 1 - α^n where α is close to 1.
    logarithm = math.log(alpha) if alpha else -math.inf
    weights = (1 - alpha) / -torch.expm1(numbers * logarithm)
    mean = (weights * counts).sum() / counts.sum() if shared else weights.mean()
    return (weights / mean).float()
