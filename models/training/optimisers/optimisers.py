"""The optimiser, and the parts of its learning rate that groups of parameters get."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from models.training.optimisers.settings import AdamWSettings, OptimiserSettings, SgdSettings


def make_optimiser(
    classifier_groups: Sequence[Sequence[nn.Parameter]], settings: OptimiserSettings
) -> torch.optim.Optimizer:
    """Make the optimiser of groups of parameters, as `split_parameters` gives them.

    Each of the optimiser's own groups keeps the factor of its learning rate as ``factor``. The gradient of
    the L1 norm, l1 times the sign of each weight, is added to the gradients at each step, after any clipping;
    as with weight decay, biases and normalisations have none.

    Raises
    ------
    ValueError
        There are not as many groups as ``lr_multipliers``, or no parameter at all.
    """
    groups: list[dict[str, Any]] = []
    for parameters, factor in zip(classifier_groups, settings.lr_multipliers, strict=True):
        matrices = [parameter for parameter in parameters if parameter.ndim > 1]
        vectors = [parameter for parameter in parameters if parameter.ndim <= 1]
        groups += [
            {"params": matrices, "factor": factor, "weight_decay": settings.weight_decay, "l1": settings.l1},
            {"params": vectors, "factor": factor, "weight_decay": 0.0, "l1": 0.0},
        ]
    optimiser = _make([group for group in groups if group["params"]], settings)
    if settings.l1:
        optimiser.register_step_pre_hook(_add_l1)
    set_learning_rate(optimiser, settings.learning_rate)
    return optimiser


def set_learning_rate(optimiser: torch.optim.Optimizer, rate: float) -> None:
    """Set the learning rate of a step, given as it is for the head."""
    for group in optimiser.param_groups:
        group["lr"] = rate * group["factor"]


def _make(groups: list[dict[str, Any]], settings: OptimiserSettings) -> torch.optim.Optimizer:
    rate = settings.learning_rate
    if isinstance(settings, SgdSettings):
        return torch.optim.SGD(groups, lr=rate, momentum=settings.momentum, fused=True)
    kind = torch.optim.AdamW if isinstance(settings, AdamWSettings) else torch.optim.Adam
    return kind(groups, lr=rate, fused=True)


@torch.no_grad()
def _add_l1(optimiser: torch.optim.Optimizer, *_: object) -> None:
    for group in optimiser.param_groups:
        if group["l1"]:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    parameter.grad.add_(parameter.sign(), alpha=group["l1"])
