"""How long is trained, on what batches, and what follows the main training."""

from typing import ClassVar, Literal

from pydantic import Field as Setting

from data.settings import Settings, SpeedOnly
from models.losses.settings import LossSettings


class FitSettings(Settings):
    """How long is trained, on what batches, and when it ends."""

    renamed: ClassVar = {
        "average": "ema_decay",
        "accumulate": "accumulation_steps",
        "balanced": "class_balanced_sampling",
        "patience": "early_stopping_patience",
    }

    epochs: int = Setting(default=30, ge=1, description="passes over the training tiles, at most")
    batch_size: int = Setting(default=64, ge=2, description="tiles per batch")
    accumulation_steps: int = Setting(
        default=1, ge=1, description="parts into which a batch is cut to need less memory"
    )
    class_balanced_sampling: bool = Setting(
        default=False, description="draw every class equally often, in place of each tile once"
    )
    ema_decay: float = Setting(
        default=0.0, ge=0, lt=1, description="decay of the running average of the weights (EMA); 0 for none"
    )
    early_stopping_patience: int = Setting(
        default=8, ge=0, description="epochs without improvement until training ends; 0 for never"
    )
    monitor: Literal["map", "loss"] = Setting(
        default="map", description="what must improve on the validation images"
    )
    checkpoint_seconds: SpeedOnly[float] = Setting(
        default=60.0, ge=0, description="time from one checkpoint to the next"
    )


class PhaseSettings(Settings):
    """A training that follows the main one, for example of the head alone with another loss.

    References
    ----------
    Madeira and Parreira (2019), section 4.1: 14 epochs of the fully connected layers, the others frozen.
    """

    epochs: int = Setting(default=1, ge=1, description="passes over the training tiles")
    train: Literal["all", "head"] = Setting(
        default="head", description="whether the backbone is trained, too"
    )
    learning_rate: float | None = Setting(
        default=None, gt=0, description="highest learning rate; that of the main training if left out"
    )
    loss: LossSettings | None = Setting(
        default=None, description="what is minimised; as in the main training if left out"
    )
