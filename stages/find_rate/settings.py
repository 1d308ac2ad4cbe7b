"""Settings of the find-rate stage."""

from pydantic import Field as Setting

from models.training.lr_range_test.settings import RateFinderSettings
from stages.stage import StageSettings


class FindRateSettings(StageSettings):
    """Settings of the range test."""

    steps: int = Setting(default=100, ge=10, description="training steps, at most")
    range: RateFinderSettings = RateFinderSettings()
