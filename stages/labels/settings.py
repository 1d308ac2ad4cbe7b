"""Settings of the labels stage."""

from typing import Annotated, Literal

from pydantic import BeforeValidator
from pydantic import Field as Setting

from stages.stage import StageSettings

Reliability = Literal["enhanced", "supported", "approved", "uncertain"]


def _split(value: object) -> object:
    # A list is typed with commas.
    return [name.strip().lower() for name in value.split(",")] if isinstance(value, str) else value


class LabelsSettings(StageSettings):
    """Settings of the labels stage."""

    reliability: Annotated[tuple[Reliability, ...], BeforeValidator(_split)] = Setting(
        default=("enhanced", "supported", "approved"),
        min_length=1,
        description="how sure a location has to be: any of enhanced, supported, approved and uncertain",
    )
    label_set: str = Setting(
        default="hpa2021", description="the classes: hpa2021, hpa2018, or a TOML file with their names"
    )
