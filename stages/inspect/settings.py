"""Settings of the inspect stage."""

from pydantic import Field as Setting

from stages.stage import StageSettings


class InspectSettings(StageSettings):
    """Settings of the inspect stage."""

    max_fields: int = Setting(500, ge=1, description="show at most so many fields, evenly spread over all")
    top_classes: int = Setting(3, ge=1, description="classes shown for each cell")
    picture_size: int = Setting(1400, ge=200, description="longer side of a field's pictures in px")
    cells_a_page: int = Setting(100, ge=1, le=2000, description="most pre-cropped cells on a page")
