"""Settings of the explore stage."""

from pydantic import Field as Setting

from data.explore.repetition import RepetitionSettings
from stages.stage import StageSettings


class ExploreSettings(StageSettings):
    """Settings of the explore stage."""

    label_set: str = Setting(
        default="hpa2021", description="the classes: hpa2021, hpa2018, or a TOML file with their names"
    )
    samples: int = Setting(
        default=4, ge=0, le=50, description="images shown with each channel by itself, evenly spread over all"
    )
    combinations: int = Setting(
        default=30, ge=1, le=500, description="combinations of labels in the plot, the commonest"
    )
    picture_size: int = Setting(default=320, ge=64, le=2000, description="longer side of a picture in px")
    repeat: RepetitionSettings = RepetitionSettings()
