"""A rate that is cut whenever the loss has stopped falling."""

import math
from collections.abc import Sequence
from typing import Literal

from pydantic import Field as Setting

from data.settings import Settings


class PlateauSettings(Settings):
    """Reduce on plateau."""

    kind: Literal["plateau"] = Setting(
        default="plateau", description="cosine, restarts, ramp, plateau or constant"
    )
    patience: int = Setting(default=3, ge=1, description="epochs without a lower loss until the rate falls")
    factor: float = Setting(default=0.5, gt=0, lt=1, description="what the rate is multiplied by")


def plateau_factor(settings: PlateauSettings, losses: Sequence[float]) -> float:
    """Return the learning rate of the next epoch as part of the first one's.

    Parameters
    ----------
    settings
        Patience and factor.
    losses
        Of the finished epochs, in order; an epoch whose loss is no number brought no lower loss.

    References
    ----------
    Madeira and Parreira (2019), section 3.2, for DeepYeast: half after 3 epochs without improvement.
    """
    best, waited, cuts = math.inf, 0, 0
    for loss in losses:
        waited += 1
        if loss < best:
            best, waited = loss, 0
        elif waited == settings.patience:
            cuts, waited = cuts + 1, 0
    return settings.factor**cuts
