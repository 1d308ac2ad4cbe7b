"""One step of gradient descent, as every training loop takes it."""

import math
from collections.abc import Callable, Iterable, Sequence

import torch
from torch import Tensor, nn

from data.errors import InputError


class DivergedError(InputError):
    """A loss became NaN or infinite."""


def accumulate_gradients(losses: Iterable[Tensor], network: nn.Module) -> list[Tensor]:
    """Accumulate in a network the gradients of the sum of some losses; its weights stay.

    Parameters
    ----------
    losses
        The scalars of the parts of a batch, each multiplied by its part of the batch. From a generator, each
        part's memory is free before the next is computed.
    network
        Whose earlier gradients are forgotten.

    Returns
    -------
    list of Tensor
        The losses, on their device.
    """
    # The network's, not the optimiser's: what was frozen since must not count when gradients are clipped.
    network.zero_grad(set_to_none=True)
    values = []
    for loss in losses:
        loss.backward()
        values.append(loss.detach())
    return values


def optimiser_step(
    losses: Sequence[Tensor],
    network: nn.Module,
    optimiser: torch.optim.Optimizer,
    *,
    max_norm: float,
    name: Callable[[], str] | str,
    mean: Callable[[float], float] = float,
) -> float:
    """Change a network's weights down the gradients that `accumulate_gradients` gave it.

    Parameters
    ----------
    losses
        What it returned; their sum is the loss.
    network
        Whose gradients are clipped.
    optimiser
        Of its weights.
    max_norm
        Norm to which gradients are clipped; 0 for never.
    name
        Name of the step in the error, and what else helps to find the cause, such as the batch's cells.
    mean
        Computes the mean of a number over all processes that share the batch, so that they end together.

    Returns
    -------
    float
        The loss before the step, its mean over the processes.

    Raises
    ------
    DivergedError
        The loss became NaN or infinite.
    """
    if max_norm:
        torch.nn.utils.clip_grad_norm_(network.parameters(), max_norm)
    optimiser.step()
    # Asked for only now: a device goes on with its work until then.
    value = mean(sum(float(loss) for loss in losses))
    if not math.isfinite(value):
        raise DivergedError(
            found=f"the loss became {value} in {name if isinstance(name, str) else name()}",
            where="training",
            advice="lower optimiser.learning_rate, or set precision to float32",
        )
    return value
