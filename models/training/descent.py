"""One step of gradient descent, as every training loop takes it."""

import math

import torch
from torch import Tensor, nn

from data.errors import InputError


def descend(
    loss: Tensor, network: nn.Module, optimiser: torch.optim.Optimizer, *, most_gradient: float, when: str
) -> float:
    """Change a network's weights down the gradient of a loss.

    Parameters
    ----------
    loss
        Scalar.
    network
        Whose gradients are clipped.
    optimiser
        Of its weights.
    most_gradient
        Norm to which gradients are clipped; 0 for never.
    when
        Names the step in the error.

    Returns
    -------
    float
        The loss before the step.

    Raises
    ------
    InputError
        The loss is no number any more.
    """
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    if most_gradient:
        torch.nn.utils.clip_grad_norm_(network.parameters(), most_gradient)
    optimiser.step()
    value = float(loss.detach())
    if not math.isfinite(value):
        raise InputError(
            found=f"the loss became {value} in {when}",
            where="training",
            advice="lower optimiser.learning_rate, or set precision to float32",
        )
    return value
