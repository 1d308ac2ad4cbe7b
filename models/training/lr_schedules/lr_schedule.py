"""The learning rate of a step: a function of its number and the losses so far, with no state to be kept."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field as Setting
from pydantic import Tag

from data.settings import Settings, kind_or
from models.training.lr_schedules.cosine import CosineSettings, cosine_factor
from models.training.lr_schedules.plateau import PlateauSettings, plateau_factor
from models.training.lr_schedules.ramp import RampSettings, ramp_factor
from models.training.lr_schedules.restarts import RestartsSettings, restarts_factor


class ConstantSettings(Settings):
    """The same rate in every step."""

    kind: Literal["constant"] = Setting(
        default="constant", description="cosine, restarts, ramp, plateau or constant"
    )


LrScheduleSettings = Annotated[
    Annotated[CosineSettings, Tag("cosine")]
    | Annotated[RestartsSettings, Tag("restarts")]
    | Annotated[RampSettings, Tag("ramp")]
    | Annotated[PlateauSettings, Tag("plateau")]
    | Annotated[ConstantSettings, Tag("constant")],
    kind_or("cosine"),
]


def lr_factor(
    settings: LrScheduleSettings,
    learning_rate: float,
    step: int,
    batches_per_epoch: int,
    epochs: int,
    losses: Sequence[float],
) -> float:
    """Return the learning rate of a step as part of the highest.

    Parameters
    ----------
    settings
        How the rate goes.
    learning_rate
        The highest one; only a ramp asks for it.
    step
        From 0, over all epochs.
    batches_per_epoch
        Steps of an epoch.
    epochs
        Epochs of the whole training.
    losses
        The loss that is watched, of each finished epoch; only a plateau asks for it.
    """
    match settings:
        case CosineSettings():
            return cosine_factor(settings, step, batches_per_epoch * epochs)
        case RestartsSettings():
            return restarts_factor(settings, step, batches_per_epoch)
        case RampSettings():
            return ramp_factor(settings, learning_rate, step // batches_per_epoch)
        case PlateauSettings():
            return plateau_factor(settings, losses)
        case ConstantSettings():
            return 1.0
