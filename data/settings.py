"""The base of all settings below the stages: an unknown name is an error, a made object does not change."""

from collections.abc import Mapping
from typing import Annotated, Any, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Discriminator

Value = TypeVar("Value")

_SPEED_ONLY = "speed only"

SpeedOnly = Annotated[Value, _SPEED_ONLY]
"""Type of a setting that takes time or memory and cannot change a result, such as ``SpeedOnly[int]``."""


class Settings(BaseModel):
    """Settings of one part, checked by pydantic; a stage's settings hold them as a table of the same name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def of_result(self) -> Self:
        """Give what a result depends on: these settings, those of the type `SpeedOnly` at their defaults."""
        fields = type(self).model_fields.items()
        return self.model_copy(
            update={
                name: field.get_default()
                if _SPEED_ONLY in field.metadata
                else _of_result(getattr(self, name))
                for name, field in fields
            }
        )


def _of_result(value: Any) -> Any:
    if isinstance(value, Settings):
        return value.of_result()
    return tuple(map(_of_result, value)) if isinstance(value, tuple) else value


def kind_or(default: str) -> Discriminator:
    """Choose among alternative settings by their ``kind``, so that each has just the settings that it reads.

    Use as ``Annotated[Annotated[A, Tag("a")] | Annotated[B, Tag("b")], kind_or("a")]``.

    Parameters
    ----------
    default
        The kind where none is named.
    """

    def kind_of(settings: Any) -> str:
        if isinstance(settings, Mapping):
            return str(settings.get("kind", default))
        return str(getattr(settings, "kind", default))

    return Discriminator(kind_of)
