"""Settings of the range test."""

from pydantic import Field as Setting

from data.settings import Settings


class RateFinderSettings(Settings):
    """Which learning rates are tried."""

    start: float = Setting(default=1e-5, gt=0, description="learning rate of the first step")
    end: float = Setting(default=1.0, gt=0, description="learning rate of the last step")
    smoothing: float = Setting(
        default=0.9,
        ge=0,
        lt=1,
        description="what a step's loss counts, as part of that of the step beside it",
    )
    stop: float = Setting(
        default=4.0, gt=1, description="ends when the smoothed loss is so many times its least"
    )
