"""Settings of the inspect stage."""

from typing import ClassVar, Literal

from pydantic import Field as Setting

from stages.stage import StageSettings


class InspectSettings(StageSettings):
    """Settings of the inspect stage."""

    renamed: ClassVar = {"cells_a_page": "cells_per_page"}

    max_fields: int = Setting(500, ge=1, description="show at most so many fields, evenly spread over all")
    top_classes: int = Setting(3, ge=1, description="classes shown for each cell beside a field's picture")
    picture_size: int = Setting(
        4096, ge=200, description="longer side of a field's pictures in px; larger fields are shrunk to it"
    )
    pictures: Literal["jpeg", "png"] = Setting(
        "jpeg",
        description="format of the channels' pictures: jpeg (quality 92, some 0.5 MB per channel of 2048 px) "
        "or png (without loss, 3 to 6 times as large)",
    )
    cells_per_page: int = Setting(100, ge=1, le=2000, description="most pre-cropped cells in one mosaic")
    neighbours: int = Setting(
        6, ge=0, le=50, description="cells most like it that are shown beside each cell; 0 for none"
    )
    attention: Literal["auto", "never"] = Setting(
        "auto",
        description="show what the network attends to: auto (its attention where it pools by that, as "
        "SubCell does, else Grad-CAM where it is convolutional; its weights must still be what they were) "
        "or never",
    )
    attention_cells: int = Setting(
        60,
        ge=1,
        description="show it for at most so many cells, evenly spread over those shown; the network runs "
        "again on each of them",
    )
    device: str = Setting("auto", description="where the network runs for that: auto, cpu, cuda or cuda:N")
