"""Settings of the compare stage."""

from pydantic import Field as Setting

from stages.stage import StageSettings


class CompareSettings(StageSettings):
    """Settings of the comparison of two segmenters."""

    iou: float = Setting(0.6, gt=0.5, le=1, description="intersection over union from which on cells match")
    pictures: int = Setting(4, ge=1, le=25, description="fields shown, those that agree least")
    picture_size: int = Setting(900, ge=200, description="width and height of a field's picture in px")
