"""A linear rise, then half a cosine down to the end of the training."""

import math
from typing import ClassVar, Literal

from pydantic import Field as Setting

from data.settings import Settings


class CosineSettings(Settings):
    """Warm-up and cosine decay."""

    renamed: ClassVar = {"warm_up": "warmup_fraction", "final": "final_lr_fraction"}

    kind: Literal["cosine"] = Setting(
        default="cosine", description="cosine, restarts, ramp, plateau or constant"
    )
    warmup_fraction: float = Setting(
        default=0.1, ge=0, lt=1, description="part of the steps in which the rate rises"
    )
    final_lr_fraction: float = Setting(
        default=0.01, ge=0, le=1, description="rate of the last step, as part of the highest"
    )


def cosine_factor(settings: CosineSettings, step: int, steps: int) -> float:
    """Return the learning rate of step 0..steps-1 as part of the highest.

    The first step has 1 / (warm-up steps), the last one ``final_lr_fraction``.
    """
    rising = round(settings.warmup_fraction * steps)
    if step < rising:
        return (step + 1) / rising
    progress = (step - rising) / max(steps - 1 - rising, 1)
    return (
        settings.final_lr_fraction + (1 - settings.final_lr_fraction) * (1 + math.cos(math.pi * progress)) / 2
    )
