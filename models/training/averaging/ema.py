"""The running average of a network's weights."""

from torch import nn

from models.torchvision_repair import import_torchvision

import_torchvision()

from timm.utils.model_ema import ModelEmaV3  # noqa: E402 (timm needs the repaired torchvision)


def make_average(network: nn.Module, decay: float) -> ModelEmaV3:
    """Make the exponential running average of a network's weights and statistics.

    Its decay rises from 0 to ``decay`` over the first steps, so that the initial weights are soon forgotten.
    """
    return ModelEmaV3(network, decay=decay, use_warmup=True, warmup_power=0.75)
