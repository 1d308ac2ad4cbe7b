"""Half cosines one after the other: at the end of each cycle the rate jumps back up."""

import math
from typing import ClassVar, Literal

from pydantic import Field as Setting

from data.settings import Settings


class RestartsSettings(Settings):
    """Cosine annealing with restarts."""

    renamed: ClassVar = {"final": "final_lr_fraction"}

    kind: Literal["restarts"] = Setting(
        default="restarts", description="cosine, restarts, ramp, plateau or constant"
    )
    cycle_epochs: int = Setting(default=4, ge=1, description="epochs from one restart to the next")
    final_lr_fraction: float = Setting(
        default=0.0, ge=0, le=1, description="rate that a cycle falls to, as part of the highest"
    )


def restarts_factor(settings: RestartsSettings, step: int, batches_per_epoch: int) -> float:
    """Return the learning rate of a step, from 0, as part of the highest.

    The first step of each cycle has 1; ``final_lr_fraction`` would be that of the step after the last.

    References
    ----------
    Loshchilov and Hutter, SGDR, ICLR 2017, equation 5; Zhang et al. (2021) with cycles of 4 epochs.
    """
    cycle = settings.cycle_epochs * batches_per_epoch
    progress = step % cycle / cycle
    return (
        settings.final_lr_fraction + (1 - settings.final_lr_fraction) * (1 + math.cos(math.pi * progress)) / 2
    )
