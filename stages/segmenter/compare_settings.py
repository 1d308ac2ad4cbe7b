"""Settings of the compare stage."""

from typing import Annotated, Literal

from pydantic import Field as Setting

from models.segmenters.segmenter import PIXEL_SIZES_UM
from stages.stage import StageSettings


class CompareSettings(StageSettings):
    """Settings of the comparison of two segmenters."""

    iou: float = Setting(0.6, gt=0.5, le=1, description="intersection over union from which on cells match")
    boundary_um: float = Setting(
        2.0, gt=0, le=100, description="distance in um up to which the edges of cells agree (boundary F1)"
    )
    pixel_size_um: Annotated[float, Setting(ge=PIXEL_SIZES_UM[0], le=PIXEL_SIZES_UM[1])] | Literal["auto"] = (
        Setting(
            "auto", description="pixel size in um, for boundary_um; auto: what the files state, else 0.08"
        )
    )
    pictures: int = Setting(4, ge=1, le=25, description="fields shown, those that agree least")
    picture_size: int = Setting(900, ge=200, description="width and height of a field's picture in px")
