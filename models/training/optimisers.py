"""The optimiser, and the parts of its learning rate that groups of parameters get."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import torch
from pydantic import Field as Setting
from pydantic import Tag
from torch import nn

from data.settings import Settings, kind_or

_KINDS = "adamw, adam or sgd"

Factor = Annotated[float, Setting(gt=0, le=1)]


class _OptimiserSettings(Settings):
    """What every optimiser has."""

    learning_rate: float = Setting(default=1e-3, gt=0, description="highest learning rate, of the head")
    weight_decay: float = Setting(
        default=0.0, ge=0, description="of weights (L2); biases and normalisations have none"
    )
    l1: float = Setting(
        default=0.0, ge=0, description="weight of the sum of absolute weights, which pulls them to zero"
    )
    most_gradient: float = Setting(
        default=5.0, ge=0, description="norm to which gradients are clipped; 0 for never"
    )
    group_factors: tuple[Factor, ...] = Setting(
        default=(1.0, 1.0),
        min_length=2,
        description="learning rate of each group, as part of the highest: the backbone's parts in order of "
        "depth, then the head",
    )


class AdamWSettings(_OptimiserSettings):
    """AdamW: weight decay apart from the gradient (Loshchilov and Hutter, 2019)."""

    kind: Literal["adamw"] = Setting(default="adamw", description=_KINDS)
    weight_decay: float = Setting(
        default=0.02, ge=0, description="of weights; biases and normalisations have none"
    )


class AdamSettings(_OptimiserSettings):
    """Adam, with weight decay in the gradient (Kingma and Ba, 2015)."""

    kind: Literal["adam"] = Setting(default="adam", description=_KINDS)


class SgdSettings(_OptimiserSettings):
    """Gradient descent with momentum; the defaults are those of Zhang et al. (2021)."""

    kind: Literal["sgd"] = Setting(default="sgd", description=_KINDS)
    learning_rate: float = Setting(default=0.01, gt=0, description="highest learning rate, of the head")
    momentum: float = Setting(default=0.9, ge=0, lt=1, description="part of the last step that is gone again")
    weight_decay: float = Setting(
        default=1e-6, ge=0, description="of weights (L2); biases and normalisations have none"
    )


OptimiserSettings = Annotated[
    Annotated[AdamWSettings, Tag("adamw")]
    | Annotated[AdamSettings, Tag("adam")]
    | Annotated[SgdSettings, Tag("sgd")],
    kind_or("adamw"),
]


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
        There are not as many groups as ``group_factors``, or no parameter at all.
    """
    groups: list[dict[str, Any]] = []
    for parameters, factor in zip(classifier_groups, settings.group_factors, strict=True):
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
