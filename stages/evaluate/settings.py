"""Settings of the evaluate stage."""

from pydantic import Field as Setting

from stages.stage import StageSettings


class EvaluateSettings(StageSettings):
    """Settings of the evaluate stage."""

    threshold: float | None = Setting(
        None,
        ge=0,
        le=1,
        description="from which probability on each class is found; without it those that predict has called "
        "(0.5 where it has called none)",
    )
