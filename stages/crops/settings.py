"""Settings of the crops stage."""

from typing import Literal

from pydantic import Field as Setting
from pydantic import field_validator

from data.cells.drop_reasons import MIN_AREA_UM2, MIN_FRACTION_INSIDE, MIN_INTENSITY
from data.cells.precropped.cell_stack import CHANNEL_ORDER
from data.tiles.tile_presets import PresetName
from stages.stage import StageSettings


class CropsSettings(StageSettings):
    """Settings of the crops stage."""

    neighbours: Literal["mask", "keep"] = Setting(
        "mask", description="black out what lies outside the cell, or keep it in the tile"
    )
    preset: PresetName = Setting(
        "cell",
        description="cell: a square as long as the cell's box, as a tile of 256 px; subcell: a window of "
        "71.7 um as a tile of 448 px, as SubCell was trained with; subcell-640: one of 51.2 um as a tile of "
        "640 px, as its authors advise; `run` takes what its classifier needs",
    )
    min_area_um2: float = Setting(MIN_AREA_UM2, ge=0, description="smaller cells are left out (too small)")
    min_fraction_inside: float = Setting(
        MIN_FRACTION_INSIDE,
        ge=0,
        le=1,
        description="cells with less inside the image are left out (cut by the border)",
    )
    min_intensity: float = Setting(
        MIN_INTENSITY,
        ge=0,
        le=1,
        description="cells whose brightest stain but the protein's is dimmer are left out (too dark)",
    )


class FieldCropsSettings(StageSettings):
    """Settings of the crops stage where whole fields are taken, which those of the classifier decide."""

    size: int = Setting(512, ge=16, description="side in px to which fields are resized")


class PrecroppedSettings(CropsSettings):
    """Settings of the crops stage where the cells are pre-cropped."""

    @field_validator("channel_order")
    @classmethod
    def _check_order(cls, order: str) -> str:
        if sorted(order) != sorted(CHANNEL_ORDER):
            message = f"the four letters r, g, b, y, each once, in any order, not {order!r}"
            raise ValueError(message)
        return order

    pixel_size_um: float | None = Setting(
        None,
        gt=0,
        description="size of a pixel in um; without it no cell is left out as too small, and the windows of "
        "SubCell take 0.08 um",
    )
    channel_order: str = Setting(
        CHANNEL_ORDER,
        description="initials of the channels in the order of files with all four: rgby, or such as bgry",
    )
    infer_masks: Literal["safe", "always"] = Setting(
        "safe",
        description="cells without a mask: what is bright is the cell; safe: those whose pictures seem to "
        "show neighbours are left out",
    )
    label_set: str = Setting(
        "hpa2021", description="the classes: hpa2021, hpa2018, or a TOML file with their names"
    )
