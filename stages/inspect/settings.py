"""Settings of the inspect stage."""

from typing import ClassVar, Literal

from pydantic import Field as Setting

from stages.stage import StageSettings


class InspectSettings(StageSettings):
    """Settings of the inspect stage."""

    renamed: ClassVar = {"cells_a_page": "cells_per_page"}

    max_fields: int = Setting(500, ge=1, description="show at most so many fields, evenly spread over all")
    top_classes: int = Setting(3, ge=1, description="classes shown for each cell")
    picture_size: int = Setting(1400, ge=200, description="longer side of a field's pictures in px")
    cells_per_page: int = Setting(100, ge=1, le=2000, description="most pre-cropped cells on a page")
    attention: Literal["auto", "never"] = Setting(
        "auto",
        description="show what the network attends to: auto (where it pools by attention, as SubCell "
        "does, and its weights are still what they were) or never",
    )
    attention_cells: int = Setting(
        60,
        ge=1,
        description="show it for at most so many cells, evenly spread over those shown; the network runs "
        "again on each of them",
    )
    device: str = Setting("auto", description="where the network runs for that: auto, cpu, cuda or cuda:N")
