"""The base of all settings below the stages: an unknown name is an error, a made object does not change."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Discriminator


class Settings(BaseModel):
    """Settings of one part, checked by pydantic; a stage's settings hold them as a table of the same name."""

    model_config = ConfigDict(extra="forbid", frozen=True)


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
