"""A rise epoch by epoch, a few epochs at the highest rate, then an exponential decay."""

from typing import ClassVar, Literal

from pydantic import Field as Setting

from data.settings import Settings


class RampSettings(Settings):
    """Ramp, sustain and decay; the highest rate is the optimiser's ``learning_rate``."""

    renamed: ClassVar = {"start": "initial_lr", "least": "min_lr"}

    kind: Literal["ramp"] = Setting(default="ramp", description="cosine, restarts, ramp, plateau or constant")
    initial_lr: float = Setting(default=0.0005, gt=0, description="learning rate of the first epoch")
    min_lr: float = Setting(default=0.0005, ge=0, description="learning rate that the decay goes towards")
    ramp_epochs: int = Setting(default=3, ge=0, description="epochs in which the rate rises")
    sustain_epochs: int = Setting(default=2, ge=0, description="epochs at the highest rate")
    decay: float = Setting(
        default=0.75, gt=0, le=1, description="part of the distance to the least rate left by each epoch"
    )


def ramp_factor(settings: RampSettings, learning_rate: float, epoch: int) -> float:
    """Return the learning rate of an epoch, from 0, as part of the highest one.

    Parameters
    ----------
    settings
        ``initial_lr`` and ``min_lr`` are learning rates; they may be above the highest one, and the factor
        is then above 1.
    learning_rate
        The highest learning rate.
    epoch
        All of its steps have the same rate.

    References
    ----------
    Elnashar and Abd El Azim (2022), table 4 and figure 6. The start 0.005 of the table lies above the highest
    rate, which a ramp cannot: 0.0005 is meant.
    """
    past = epoch - settings.ramp_epochs - settings.sustain_epochs
    if epoch < settings.ramp_epochs:
        rate = settings.initial_lr + (learning_rate - settings.initial_lr) * epoch / settings.ramp_epochs
    elif past < 0:
        rate = learning_rate
    else:
        rate = settings.min_lr + (learning_rate - settings.min_lr) * settings.decay**past
    return rate / learning_rate
