"""The optimiser, and how its learning rate goes over the training."""

import math
from typing import Literal

import torch
from pydantic import Field as Setting
from torch import nn

from data.settings import Settings


class OptimiserSettings(Settings):
    """AdamW with a linear warm-up and a cosine decay."""

    learning_rate: float = Setting(default=1e-3, gt=0, description="highest learning rate, of the head")
    backbone_factor: float = Setting(
        default=1.0,
        ge=0,
        le=1,
        description="the backbone's learning rate, as part of the head's; 0 freezes it",
    )
    weight_decay: float = Setting(
        default=0.02, ge=0, description="of weights; biases and normalisations have none"
    )
    warm_up: float = Setting(default=0.1, ge=0, lt=1, description="part of the steps in which the rate rises")
    final_rate: float = Setting(
        default=0.01, ge=0, le=1, description="rate of the last step, as part of the highest"
    )
    most_gradient: float = Setting(
        default=5.0, ge=0, description="norm to which gradients are clipped; 0 for never"
    )


class ScheduleSettings(Settings):
    """How long is trained, on what batches, and when it ends."""

    epochs: int = Setting(default=30, ge=1, description="passes over the training tiles, at most")
    batch_size: int = Setting(default=64, ge=2, description="tiles a batch")
    balanced: bool = Setting(
        default=False, description="draw every class equally often, in place of each tile once"
    )
    average: float = Setting(
        default=0.0, ge=0, lt=1, description="decay of the running average of the weights (EMA); 0 for none"
    )
    patience: int = Setting(
        default=8, ge=0, description="epochs without improvement until training ends; 0 for never"
    )
    monitor: Literal["map", "loss"] = Setting(
        default="map", description="what must improve on the validation images"
    )
    checkpoint_seconds: float = Setting(
        default=60.0, ge=0, description="time from one checkpoint to the next"
    )


def make_optimiser(backbone: nn.Module, head: nn.Module, settings: OptimiserSettings) -> torch.optim.AdamW:
    """Make the optimiser; each group keeps the factor of its learning rate as ``factor``."""
    groups = []
    for module, factor in ((backbone, settings.backbone_factor), (head, 1.0)):
        if factor == 0:
            module.requires_grad_(False)
            continue
        matrices = [parameter for parameter in module.parameters() if parameter.ndim > 1]
        vectors = [parameter for parameter in module.parameters() if parameter.ndim <= 1]
        groups += [
            {"params": matrices, "factor": factor, "weight_decay": settings.weight_decay},
            {"params": vectors, "factor": factor, "weight_decay": 0.0},
        ]
    return torch.optim.AdamW(
        [group for group in groups if group["params"]], lr=settings.learning_rate, fused=True
    )


def set_learning_rate(
    optimiser: torch.optim.Optimizer, settings: OptimiserSettings, step: int, steps: int
) -> float:
    """Set the learning rate of step 0..steps-1 and give it, as it is for the head."""
    rate = settings.learning_rate * rate_factor(settings, step, steps)
    for group in optimiser.param_groups:
        group["lr"] = rate * group["factor"]
    return rate


def rate_factor(settings: OptimiserSettings, step: int, steps: int) -> float:
    """Give the learning rate of a step as part of the highest: linear up, then half a cosine down.

    The first step has 1 / (warm-up steps), the last one ``final_rate``.
    """
    rising = round(settings.warm_up * steps)
    if step < rising:
        return (step + 1) / rising
    progress = (step - rising) / max(steps - 1 - rising, 1)
    return settings.final_rate + (1 - settings.final_rate) * (1 + math.cos(math.pi * progress)) / 2
