"""Settings of the simulate stage."""

from dataclasses import fields

import numpy as np
from pydantic import Field as Setting
from pydantic import field_validator, model_validator

from data.simulate.field import LEAST_EXTENT_UM
from data.simulate.field_settings import FieldSettings
from data.simulate.geometry.cell_lines import CELL_LINES
from data.simulate.imaging.imaging_conditions import Optics
from data.simulate.labelling.image_labels import SINGLE_FRACTION, LabelScheme
from data.simulate.random_streams import Stream, random_stream
from stages.stage import StageSettings


class SimulateSettings(StageSettings):
    """Settings of the simulate stage; most are those of ``data.simulate.field_settings``."""

    fields: int = Setting(24, ge=1, le=99_999, description="number of fields")
    size: int | tuple[int, int] = Setting(1024, description="side of a field in px, or height and width")
    sizes: dict[int, float] = Setting(
        {}, description="sides in px and their shares of the fields, instead of one size"
    )
    pixel_size_um: float = Setting(0.08, gt=0, le=1.0, description="size of a pixel in um")
    seed: int = Setting(1, ge=0, description="another seed gives another set")
    cell_lines: tuple[str, ...] = Setting((), description="names of the cell lines; none for all of them")
    labels: LabelScheme = Setting(
        "even", description="even: all classes about as often; kaggle: as in the training set of 2021"
    )
    even_share: float = Setting(
        0.0, ge=0, le=1, description="kaggle: part of the antibodies with classes as in even"
    )
    single_fraction: float = Setting(
        SINGLE_FRACTION, ge=0, le=1, description="part of the antibodies with one label, where dealt evenly"
    )
    fields_per_antibody: int = Setting(1, ge=1, description="fields in a row that show the same antibody")
    absent_classes: float = Setting(
        0.0, ge=0, le=1, description="part of the fields that lack one of their antibody's several classes"
    )
    negative_cells: float = Setting(
        0.06, ge=0, le=1, description="even: part of the cells without any pattern"
    )
    missing_patterns: float = Setting(
        0.15, ge=0, le=1, description="even: part of the patterns that a cell of a field with several lacks"
    )
    variability: float = Setting(
        1.0, ge=0, description="kaggle: factor of each class's share of cells that do not show it"
    )
    mitotic_fraction: float = Setting(
        0.3, gt=0, le=1, description="part of the cells that divide in a field labelled Mitotic spindle"
    )
    mitotic_elsewhere: float = Setting(
        0.015, ge=0, le=1, description="part of the cells that divide in any other field"
    )
    wrong_labels: float = Setting(
        0.0, ge=0, le=1, description="part of the images with a wrong label in train.csv"
    )
    optics: Optics = Setting(
        default_factory=Optics, description="how well the fields are taken, and with how many bits"
    )

    def shape(self, index: int) -> tuple[int, int]:
        """Return height and width in pixels of field ``index``, whatever the number of fields."""
        if self.sizes:
            shares = np.array(list(self.sizes.values()))
            random = random_stream(self.seed, index, Stream.FIELD_SIZE)
            side = int(random.choice(list(self.sizes), p=shares / shares.sum()))
            return side, side
        return (self.size, self.size) if isinstance(self.size, int) else self.size

    def field_settings(self, index: int) -> FieldSettings:
        """Return the settings of field ``index``."""
        named = {field.name for field in fields(FieldSettings)} - {"shape"}
        return FieldSettings(shape=self.shape(index), **{name: getattr(self, name) for name in named})

    @field_validator("cell_lines")
    @classmethod
    def _check_cell_lines(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        known = [line.name for line in CELL_LINES]
        unknown = [name for name in names if name not in known]
        if unknown:
            message = f"no cell line is named {unknown[0]!r}; there are {', '.join(known)}"
            raise ValueError(message)
        return names

    @model_validator(mode="after")
    def _check_size(self) -> "SimulateSettings":
        if self.sizes and (min(self.sizes.values()) < 0 or sum(self.sizes.values()) <= 0):
            message = "the shares of the sizes must not be negative and not all 0"
            raise ValueError(message)
        side = min(self.sizes or self.shape(0))
        if side * self.pixel_size_um < LEAST_EXTENT_UM:
            message = (
                f"a field of {side} px of {self.pixel_size_um} um holds no cell; "
                f"it must be at least {LEAST_EXTENT_UM:g} um high and wide"
            )
            raise ValueError(message)
        return self
