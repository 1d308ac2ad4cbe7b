"""Settings of the segment stage."""

from typing import Annotated, Literal, Self

from pydantic import Field as Setting
from pydantic import model_validator

from models.segmenters.cellpose.settings import CellposeSettings
from models.segmenters.segmenter import PIXEL_SIZES_UM
from stages.stage import StageSettings

Stain = Literal["red", "green", "blue", "yellow"]

AUTO = "auto"
OWN_MASKS = "masks"
"""Names of segmenters: the best that is present, and the user's own masks."""


class SegmentSettings(StageSettings):
    """Settings of the segment stage."""

    segmenter: str = Setting(
        "auto",
        description="which segmenter to use; auto takes the best that is present, masks your own (see masks)",
    )
    masks: str = Setting("", description="folder of the masks that are taken in place of a segmenter's")
    runtime: str = Setting(
        "auto", description="what runs its networks; auto takes the fastest that is present, never int8"
    )
    channels: tuple[Stain, ...] | Literal["auto"] = Setting(
        "auto",
        description="channels of the fields that are used, here and by later stages; auto: all of which any "
        "field has a file",
    )
    er: Literal["auto", "yes", "no"] = Setting(
        "auto", description="whether the ER (yellow) is used to find cells; auto: where it is there"
    )
    labelling: Literal["fast", "exact"] = Setting(
        "fast",
        description="how dpn-unet and cellpose label cells: fast, or at full size as these do by themselves",
    )
    touching_nuclei: Literal["auto", "join", "split"] = Setting(
        "auto",
        description="whether lite takes nuclei that touch for one cell: auto (where no contact parts their "
        "bodies), join (always) or split (never)",
    )
    cellpose: CellposeSettings = Setting(
        CellposeSettings.model_validate({}), description="the segmenter cellpose"
    )
    pixel_size_um: Annotated[float, Setting(ge=PIXEL_SIZES_UM[0], le=PIXEL_SIZES_UM[1])] | Literal["auto"] = (
        Setting(
            "auto",
            description="pixel size of the images in um; auto: what each field's files state, else 0.08; "
            "later stages take it from here",
        )
    )

    @model_validator(mode="after")
    def _check_masks(self) -> Self:
        if self.masks and self.segmenter not in (AUTO, OWN_MASKS):
            message = f"both the segmenter {self.segmenter} and the masks in {self.masks}; give one of them"
            raise ValueError(message)
        if self.segmenter == OWN_MASKS and not self.masks:
            message = "segmenter masks without the folder of the masks (--masks FOLDER, or masks = ...)"
            raise ValueError(message)
        return self
