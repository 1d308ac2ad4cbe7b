"""Settings of how image files are read: which are a field's, which plane of each, how bright is white."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator
from pydantic import Field as Setting

from data.images.pixel_bound import MAX_PIXELS
from data.images.stacks import CHOICES
from data.settings import Settings


def _as_text(value: object) -> object:
    # A number is typed without quotes.
    return str(value) if type(value) is int else value


def _check_slice(value: str) -> str:
    if value not in ("", "middle", "sharpest", "max") and not value.isdecimal():
        message = f"expected {CHOICES}"
        raise ValueError(message)
    return value


class ImageSettings(Settings):
    """Settings of how image files are read; the section ``[images]`` of a configuration."""

    channels: str = Setting(
        default="auto",
        description="which file, or which channel of a file, is which stain: auto, the name of a preset, or "
        "such as red=*_ch00.tif,green=*_ch01.tif with * for the field's ID; in files of several channels "
        "their numbers from 0 or names, such as blue=0,green=GFP",
    )
    z: Annotated[str, BeforeValidator(_as_text), AfterValidator(_check_slice)] = Setting(
        default="",
        description="which slice of a stack: middle, sharpest, max, or its number from 0; without it stacks "
        "are refused",
    )
    full_scale: Annotated[int, Setting(ge=1, le=65535)] | Literal["auto"] = Setting(
        default="auto",
        description="grey value of 16-bit files that is white (4095 for 12-bit cameras); auto: by what the "
        "files state or their brightest values; up to 255: of 8-bit files",
    )
    max_pixels: int = Setting(
        default=MAX_PIXELS,
        ge=1,
        description="pixels of the largest picture that is read; by the file's header, before it is decoded",
    )
